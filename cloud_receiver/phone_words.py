"""What the commands about phones say, in Chinese and in English."""

from __future__ import annotations

from typing import Final

PHONES: Final[dict[str, tuple[str, str]]] = {
    "retention_terms": (
        "保留天数:到岗照片 {photo_days},证据照片 {evidence_days},顾客评价原文 {feedback_days},变化记录 {change_days}",
        "kept for days: arrival photos {photo_days}, evidence {evidence_days}, customers' words {feedback_days}, changes {change_days}",
    ),
    "retention_line": (
        "{at} 删除照片 {photos},评价原文 {texts},变化记录 {changes};因申诉保留照片 {kept_for_appeals}",
        "{at}: deleted {photos} photos, {texts} customers' words, {changes} changes; {kept_for_appeals} photos kept for appeals",
    ),
    "codes_written": ("已写出 {count} 个评价码:{file}", "{count} codes written to {file}"),
    "code_closed": ("评价码 {token} 已停用", "code {token} is worthless now"),
    "invited": ("{login}  {url}/welcome/{token}", "{login}  {url}/welcome/{token}"),
    "accounts_made": (
        "新建账号 {made} 个,已有 {stood} 个未改动;链接 7 天内有效,只能用一次,请分别发给本人",
        "{made} accounts made, {stood} were there already; the links work once, within 7 days: give each to its person",
    ),
}
"""Phrases by name: (Chinese, English)."""
