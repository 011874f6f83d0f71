"""Devices that behave, and misbehave by name: for tests, demonstrations and training."""
