"""Point-of-sale exports in a folder: read on, never written, never locked."""
