"""Bare fingerprint modules over UART: the EF01 family and the GT-511 family.

A module has no clock, no log and no names: the box gives the time and maps a page to a
person. The commands that read images or templates are not implemented (law 8).
"""
