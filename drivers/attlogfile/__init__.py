"""Attendance logs that a person carried from a terminal on a USB stick."""
