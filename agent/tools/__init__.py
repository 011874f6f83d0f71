"""What an installer uses on site: look around, read once, ask a terminal, play a device."""
