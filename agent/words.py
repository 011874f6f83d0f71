"""What the agent's commands say to people, in Chinese and in English."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sync.errors import DakaError, told
from sync.speech import LANGUAGES, environment_language

Table = Mapping[str, tuple[str, str]]
"""Sentences by key, in the order of `LANGUAGES`, with places for values in braces."""

_WORDS: Final[Table] = {
    "running": ("采集程序正在运行", "the agent is running"),
    "stopped": (
        "采集程序没有运行；启动：systemctl start daka-agent",
        "the agent is not running; start it: systemctl start daka-agent",
    ),
    "link_up": ("已连接总部", "connected to headquarters"),
    "link_down": ("未连接总部：{trouble}", "not connected to headquarters: {trouble}"),
    "link_trouble": ("已连接，但消息被拒绝：{trouble}", "connected, but refused: {trouble}"),
    "link_nobody": (
        "已连上消息服务器，但总部的接收程序不在；记录留在盒子里，稍后再发",
        "the broker is reached, but headquarters' receiver is not there; records are kept, sent again",
    ),
    "last_receipt": ("总部最近回执 {at}", "last receipt {at}"),
    "no_receipt": ("本次启动后尚无回执", "no receipt since the start"),
    "nothing_waiting": ("没有待传记录", "nothing waiting"),
    "waiting": (
        "{count} 条待传（{lanes}），最早一条在 {age}前",
        "{count} waiting ({lanes}), oldest {age}",
    ),
    "lane_punch": ("打卡 {count}", "{count} punches"),
    "lane_sale": ("销售 {count}", "{count} sales"),
    "lane_bulk": ("历史 {count}", "{count} of history"),
    "totals": (
        "共采集 {captured}，已送达 {settled}，隔离 {quarantined}",
        "{captured} captured, {settled} delivered, {quarantined} in quarantine",
    ),
    "room": ("空间还够 {days} 天", "room for {days} days"),
    "room_unknown": ("空间 {free_mb} MB", "{free_mb} MB of room"),
    "device_ok": ("正常，{at} 读取", "ok, read {at}"),
    "device_new": ("尚未读取", "not read yet"),
    "device_down": ("连不上", "does not answer"),
    "device_busy": ("忙", "busy"),
    "device_malformed": ("数据异常", "answers nonsense"),
    "device_refused": ("拒绝访问", "refuses us"),
    "alarm_outbox_damaged": (
        "本地数据库曾损坏，已另存并重读所有设备；请检查存储卡",
        "the outbox was damaged, it is kept and all devices were read again; look at the card",
    ),
    "alarm_clock_not_set": (
        "时钟未设置：照常采集，校时后补正；请检查网络校时",
        "clock not set: collecting all the same, dated right afterwards; see to its time service",
    ),
    "alarm_storage_full": (
        "没有空间：已停止读取，记录留在设备里；请清理磁盘",
        "no room: reading has stopped, the devices keep their records; free space",
    ),
    "alarm_name_taken": (
        "另一个盒子也用这个名字，两边轮流断线；不会混淆也不会丢失，请改名：daka-agent init --box",
        "another box goes by this name, they push each other off; rename one: daka-agent init --box",
    ),
    "clock": ("时钟差 {offset}", "clock {offset}"),
    "records": ("机内 {count} 条记录", "{count} records on the device"),
    "as_of": ("设备状态截至 {at}", "devices as of {at}"),
    "bundled": (
        "已写入 {path}：不含密码和打卡内容，可以发给技术支持",
        "wrote {path}: no passwords and no records in it; send it to whoever helps you",
    ),
    "exported": ("已导出 {count} 件到 {folder}", "exported {count} pieces to {folder}"),
}
_UNITS: Final = {"zh": ("天", "小时", "分", "秒"), "en": ("d", "h", "min", "s")}


class Words:
    """The words of one language; of the agent's own table unless another is given."""

    def __init__(self, language: str, table: Table = _WORDS) -> None:
        assert language in LANGUAGES, language
        self.language = language
        self._table = table

    def say(self, key: str, **values: object) -> str:
        """Return a sentence with its values filled in; errors are told in this language."""
        known = {
            name: told(value, self.language) if isinstance(value, Exception) else value
            for name, value in values.items()
        }
        return self._table[key][LANGUAGES.index(self.language)].format(**known)

    def duration(self, length: timedelta) -> str:
        """Return a length of time in its two largest units.

        >>> Words("en").duration(timedelta(hours=3, minutes=10, seconds=7))
        '3 h 10 min'
        """
        total_s = int(abs(length).total_seconds())
        parts = (total_s // 86400, total_s // 3600 % 24, total_s // 60 % 60, total_s % 60)
        first = next((index for index, part in enumerate(parts) if part), len(parts) - 1)
        return " ".join(
            f"{part} {unit}"
            for part, unit in list(zip(parts, _UNITS[self.language], strict=True))[
                first : first + 2
            ]
            if part or first == len(parts) - 1
        )

    def offset(self, offset_ms: int) -> str:
        """Return a clock's offset with its sign.

        >>> Words("en").offset(-252_000)
        '-4 min 12 s'
        """
        sign = "-" if offset_ms < 0 else "+"
        return sign + self.duration(timedelta(milliseconds=abs(offset_ms)))


def words_for(lang: str, table: Table = _WORDS) -> Words:
    """Return the words of the language asked for, else of the environment's.

    Raises:
        DakaError: there are no words of that language.
    """
    chosen = lang or environment_language(os.environ)
    if chosen not in LANGUAGES:
        raise DakaError(f"--lang {chosen}: it must be one of {', '.join(LANGUAGES)}")
    return Words(chosen, table)
