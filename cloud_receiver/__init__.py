"""Headquarters: keeps every record, judges, rewards, explains."""
