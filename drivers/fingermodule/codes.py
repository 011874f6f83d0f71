"""Commands and answers of both families, in words; pure. Source: their data sheets."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Ef01(IntEnum):
    """The commands this driver says; none reads an image or a template (law 8)."""

    TAKE_IMAGE = 0x01
    IMAGE_TO_FEATURES = 0x02
    SEARCH = 0x04
    READ_PARAMETERS = 0x0F
    VERIFY_PASSWORD = 0x13
    COUNT_TEMPLATES = 0x1D


class Confirmation(IntEnum):
    """EF01 confirmation codes the driver acts on; the rest are only told."""

    OK = 0x00
    NO_FINGER = 0x02
    NOT_FOUND = 0x09
    WRONG_PASSWORD = 0x13
    PASSWORD_FIRST = 0x21


EF01_WORDS: Final = {
    0x00: "done",
    0x01: "the module received a damaged packet",
    0x02: "no finger on the sensor",
    0x03: "the image could not be taken",
    0x06: "the image is too messy",
    0x07: "the image has too few features",
    0x08: "the finger does not match",
    0x09: "the finger is not enrolled",
    0x0A: "the enrolled images do not match each other",
    0x0B: "the page is outside the library",
    0x0C: "the library could not be read",
    0x0D: "a template could not be sent",
    0x0E: "the module cannot receive data packets",
    0x0F: "an image could not be sent",
    0x10: "a template could not be deleted",
    0x11: "the library could not be cleared",
    0x13: "the password is wrong",
    0x15: "there is no valid image",
    0x18: "the module's flash could not be written",
    0x1A: "there is no such register",
    0x20: "the address is wrong",
    0x21: "the password must be verified first",
}


class Gt511(IntEnum):
    """The commands this driver says, and the two answers."""

    OPEN = 0x01
    LIGHT = 0x12
    COUNT_TEMPLATES = 0x20
    IS_PRESSED = 0x26
    DONE = 0x30
    NOT_DONE = 0x31
    IDENTIFY = 0x51
    CAPTURE = 0x60


class Gt511Error(IntEnum):
    """GT-511 parameters of a "not done" the driver acts on."""

    NOT_IDENTIFIED = 0x1008
    LIBRARY_EMPTY = 0x100A
    BAD_FINGER = 0x100C
    NOT_PRESSED = 0x1012


GT511_WORDS: Final = {
    0x1001: "the capture timed out",
    0x1003: "the page is outside the library",
    0x1004: "the page is empty",
    0x1006: "the module received a damaged packet",
    0x1007: "the finger does not match",
    0x1008: "the finger is not enrolled",
    0x1009: "the library is full",
    0x100A: "the library is empty",
    0x100C: "the image is too bad",
    0x100E: "the command is not supported",
    0x100F: "the module is defective",
    0x1011: "the parameter is wrong",
    0x1012: "no finger on the sensor",
}


def ef01_words(code: int) -> str:
    """Say a confirmation code in words, also one nobody documented."""
    return EF01_WORDS.get(code, f"undocumented confirmation code {code:02X}h")


def gt511_words(parameter: int) -> str:
    """Say the parameter of a "not done" in words; below 1000h it is a page already used."""
    return GT511_WORDS.get(parameter, f"undocumented error {parameter:04X}h")
