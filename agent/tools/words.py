"""What the installer's commands say to people, in Chinese and in English."""

from __future__ import annotations

from typing import Final

from agent.words import Table, Words, words_for

TOOL_WORDS: Final[Table] = {
    "reading": ("正在读取 {name}（{driver}）……", "reading {name} ({driver}) ..."),
    "listening": (
        "{name} 自身不保存记录：请在 {seconds} 秒内按一次指纹或刷一次卡",
        "{name} keeps no records: touch it once within {seconds} s",
    ),
    "source": ("设备编号 {source_id}", "the device is {source_id}"),
    "clock_offset": ("设备时钟差 {offset}", "its clock is {offset} off"),
    "clock_unknown": ("设备没有报告时间", "it tells no time"),
    "device_records": ("设备自报 {count} 条记录", "it says it holds {count} records"),
    "would_send": (
        "将发送 {count} 条，其中 {rejected} 条无法识别（原样保留）",
        "{count} records would be sent, {rejected} of them unreadable and kept raw",
    ),
    "incomplete": (
        "这次没有读全：设备可能正在写入，采集程序会自动再读",
        "this was not everything: the device may be writing; the agent reads again by itself",
    ),
    "first_rows": ("前 {count} 条", "the first {count}"),
    "last_rows": ("后 {count} 条", "the last {count}"),
    "unread_rows": ("无法识别的前 {count} 处", "the first {count} unreadable pieces"),
    "column_time": ("时间", "time"),
    "column_who": ("人员／小票", "person / receipt"),
    "column_what": ("内容", "content"),
    "column_lane": ("通道", "lane"),
    "column_id": ("记录号", "record id"),
    "column_position": ("位置", "where"),
    "column_reason": ("原因", "why"),
    "down": ("{name}：连不上", "{name}: does not answer"),
    "busy": ("{name}：忙，正被占用", "{name}: busy"),
    "malformed": ("{name}：数据异常", "{name}: answers nonsense"),
    "refused": ("{name}：拒绝访问", "{name}: refuses us"),
    "agent_holds": (
        "采集程序正在运行，可能占用着这台设备；如需试读，请先停止：systemctl stop daka-agent",
        "the agent is running and may hold this device; stop it to try: systemctl stop daka-agent",
    ),
}


def tool_words(lang: str) -> Words:
    """Return the words of the language asked for, else of the environment's."""
    return words_for(lang, TOOL_WORDS)
