"""What somebody agrees to before a phone tells where they are or shows where they stand.

PIPL art. 29: a location and a photo each need a consent of their own, freely given, and may
be taken back; refusing must cost nothing, so another way is always named (art. 16).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cloud_receiver.domain.outcomes import Text


class Purpose(StrEnum):
    """What is agreed to, each by itself."""

    LOCATION = "location"
    PHOTO = "photo"


@dataclass(frozen=True, slots=True)
class Wording:
    """The text that is shown; a change of it is a new version and is asked anew."""

    version: str
    title: Text
    text: Text


WORDINGS: Final[Mapping[Purpose, Wording]] = {
    Purpose.LOCATION: Wording(
        "2026-11",
        Text("使用我打卡时的位置", "Use my position when I check in"),
        Text(
            "只在您点“打卡”的那一刻读取一次位置和精度,用来判断您是否在门店范围内;平时不读取,不记录行踪。"
            "坐标用过即弃、不保存,只留下“在范围内 / 范围外”的结论和精度。",
            "Your position and its accuracy are read once, at the moment you tap “Check in”, to tell whether you "
            "are at the store; never at other times. The coordinates are not kept; only “inside” or “outside” and the accuracy are.",
        ),
    ),
    Purpose.PHOTO: Wording(
        "2026-11",
        Text("保存我的到岗照片", "Keep my arrival photo"),
        Text(
            "照片只用来证明到岗,请拍门店环境。系统不做人脸识别;拍摄信息(EXIF)核对后去除;办公室默认看到模糊图,"
            "查看清晰图会留下记录;{photos} 天后自动删除。",
            "The photo only shows that you arrived: take the shop, not a face. No face is analysed; camera data (EXIF) "
            "is checked and removed; the office sees it blurred, seeing it clearly leaves a record; it is deleted "
            "after {photos} days.",
        ),
    ),
}
OTHER_WAY: Final = Text(
    "不同意也不影响您:可以用门店的打卡机,或请主管登记到岗。同意后随时可以在这里撤回。",
    "You may refuse without any disadvantage: use the store's terminal, or have your supervisor record your arrival. "
    "You may take your consent back here at any time.",
)
