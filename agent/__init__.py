"""The box in the store: read, keep, send."""
