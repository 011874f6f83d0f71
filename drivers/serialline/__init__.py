"""ASCII terminals, scanners and card readers on a serial line, described by a profile."""
