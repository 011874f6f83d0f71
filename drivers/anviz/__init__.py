"""Anviz terminals (and their many brands) over TC_B: TCP 5010, RS-232 or RS-485."""
