"""An arrival photo: checked, stripped of what it says about its owner, made small and stamped.

No face is looked for. Of what a camera writes into a picture only two things are read, when
and where it was taken, to point out what contradicts the touch; nothing of it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from io import BytesIO
from typing import Any, Final

from PIL import ExifTags, Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from cloud_receiver.domain.touches import distance_m
from sync.errors import ToldError

MAX_PHOTO_BYTES: Final = 8_000_000
LONGEST_SIDE_PX: Final = 1280
MAX_PIXELS: Final = 60_000_000
"""Of a JPEG, which is read at the size it is kept in."""
MAX_PLAIN_PIXELS: Final = 16_000_000
"""Of a PNG or WebP, which is unpacked whole, from a few kilobytes if somebody wants to harm."""
TAKEN_WITHIN: Final = timedelta(minutes=15)
TAKEN_WITHIN_M: Final = 1000
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_BLUR_PX: Final = 18


class PhotoError(ToldError):
    """A photo cannot be taken; `zh` and `en` say why."""


class Oddity(StrEnum):
    """What a photo says of itself that does not fit the touch."""

    TIME = "photo_time"
    PLACE = "photo_place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When and where the touch was; `local` is wall time of the store, position microdegrees."""

    local: datetime
    position: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Photograph:
    """What is kept of a photo: a JPEG without any of the camera's notes."""

    content: bytes
    original_sha256: str
    oddities: tuple[Oddity, ...]

    @property
    def sha256(self) -> str:
        """Return the hash the check-in names it by."""
        return sha256(self.content).hexdigest()


def prepared(raw: bytes, moment: Moment, stamp: str, font_file: str | None) -> Photograph:
    """Return a photo as it is kept, the stamp written into its lower edge.

    Args:
        font_file: with the characters of the stamp; None: Latin letters only.

    Raises:
        PhotoError: it is too large, or no picture.
    """
    if len(raw) > MAX_PHOTO_BYTES:
        raise PhotoError("照片超过 8 MB,请重拍", "the photo is larger than 8 MB; take another")
    try:
        picture: Image.Image = Image.open(BytesIO(raw), formats=_FORMATS)
        most_pixels = MAX_PIXELS if picture.format == "JPEG" else MAX_PLAIN_PIXELS
        if picture.width * picture.height > most_pixels:
            raise PhotoError("照片像素过多,请重拍", "the photo has too many pixels")
        notes = picture.getexif()
        oddities = tuple(_oddities(notes, moment))
        picture.draft("RGB", (LONGEST_SIDE_PX, LONGEST_SIDE_PX))
        picture = ImageOps.exif_transpose(picture).convert("RGB")
    except PhotoError:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        zh, en = "不是可用的照片(JPEG、PNG、WebP)", "this is no photo (JPEG, PNG or WebP)"
        raise PhotoError(zh, en) from error
    picture.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX))
    clean = Image.new("RGB", picture.size)  # a new picture: nothing hides in the old one's notes
    clean.paste(picture)
    _write(clean, stamp, font_file)
    return Photograph(_jpeg(clean), sha256(raw).hexdigest(), oddities)


def blurred(content: bytes) -> bytes:
    """Return a photo as the office sees it at first: the shop can be guessed, no face known."""
    picture = Image.open(BytesIO(content))
    picture.thumbnail((480, 480))
    return _jpeg(picture.convert("RGB").filter(ImageFilter.GaussianBlur(_BLUR_PX)))


def _jpeg(picture: Image.Image) -> bytes:
    kept = BytesIO()
    picture.save(kept, "JPEG", quality=78, optimize=True)
    return kept.getvalue()


def _write(picture: Image.Image, stamp: str, font_file: str | None) -> None:
    size_px = max(12, picture.width // 32)
    font: Any = (
        ImageFont.truetype(font_file, size_px) if font_file else ImageFont.load_default(size_px)
    )
    if not font_file:
        stamp = stamp.encode("ascii", "replace").decode()
    drawing = ImageDraw.Draw(picture, "RGBA")
    top = picture.height - 2 * size_px
    drawing.rectangle((0, top, picture.width, picture.height), fill=(0, 0, 0, 150))
    drawing.text((size_px // 2, top + size_px // 3), stamp, font=font, fill=(255, 255, 255, 255))


def _oddities(notes: Image.Exif, moment: Moment) -> list[Oddity]:
    found = []
    taken = _taken(notes)
    if taken is not None and abs(taken - moment.local.replace(tzinfo=None)) > TAKEN_WITHIN:
        found.append(Oddity.TIME)
    where = _where(notes.get_ifd(ExifTags.IFD.GPSInfo))
    if where and moment.position and distance_m(where, moment.position) > TAKEN_WITHIN_M:
        found.append(Oddity.PLACE)
    return found


def _taken(notes: Image.Exif) -> datetime | None:
    """Return the camera's wall time (EXIF DateTimeOriginal, else DateTime)."""
    told = notes.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
    text = str(told or notes.get(ExifTags.Base.DateTime) or "")
    try:
        return datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007  it names no zone
    except ValueError:
        return None


def _where(gps: dict[int, Any]) -> tuple[int, int] | None:
    """Return the camera's position in microdegrees (EXIF GPSLatitude/GPSLongitude: d, m, s)."""
    try:
        sides = (gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLongitudeRef])
        angles = (gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLongitude])
        lat, lon = (sum(float(part) / 60**n for n, part in enumerate(one)) for one in angles)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    south, west = sides[0] == "S", sides[1] == "W"
    return round(lat * 1e6) * (-1 if south else 1), round(lon * 1e6) * (-1 if west else 1)
