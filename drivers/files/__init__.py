"""Folders and files that other programs write: listed, bookmarked and read on, never touched."""
