"""What a key of a settings file may be, in Chinese: the same phrases that complete "it must be ...".

The readers of settings name what is allowed once, in English, where it is decided; here stands
what installers in China read instead. Tests see that no phrase is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

PHRASES: Final = {
    # ---- any file
    "1-64 letters, digits, '.', '_' or '-', beginning with a letter or digit": "1 到 64 个字母、数字、“.”、“_”或“-”,以字母或数字开头",
    "an address that begins with https:// or http://": "以 https:// 或 http:// 开头的地址",
    "the path of a file this program may read": "本程序有权读取的文件的路径",
    "the path of a text file": "文本文件的路径",
    "true or false": "true 或 false",
    "a table": "一张表(用 [ ] 起头)",
    "an absolute path": "绝对路径",
    "a text": "一段文字",
    "a sentence": "一句话",
    "an instant in UTC, such as 2026-11-23T00:00:00Z": "UTC 时刻,例如 2026-11-23T00:00:00Z",
    "mqtt://host[:1883] or mqtts://host[:8883]": "mqtt://主机[:1883] 或 mqtts://主机[:8883]",
    # ---- agent.toml
    "the store's id, a short text": "门店编号,一段短文字",
    "a store's id": "门店编号",
    "an IANA time zone, such as Asia/Shanghai": "IANA 时区,例如 Asia/Shanghai",
    "what people call the device, unique on this box": "大家对这台设备的称呼,在本盒子上不重复",
    "unique on this box": "在本盒子上不重复的名称",
    "a kind of driver, such as zkteco": "一种驱动,例如 zkteco",
    # ---- devices
    "a regular expression": "正则表达式",
    "a list of regular expressions": "正则表达式的列表",
    "the number on the terminal's label": "打卡机标签上的序列号",
    "the number on the device's label, unique in the company": "设备标签上的序列号,全公司不重复",
    "the number on the module's label, unique in the company": "模块标签上的序列号,全公司不重复",
    "tcp://host:4370 or udp://host:4370": "tcp://主机:4370 或 udp://主机:4370",
    "tcp://host:5010 or serial:///dev/ttyUSB0?baud=9600": "tcp://主机:5010 或 serial:///dev/ttyUSB0?baud=9600",
    "serial:///dev/ttyUSB0?baud=9600 or socket://host:port": "serial:///dev/ttyUSB0?baud=9600 或 socket://主机:端口",
    "serial:///dev/ttyUSB0?baud=57600": "serial:///dev/ttyUSB0?baud=57600",
    "the absolute path of the folder with the exports": "存放导出文件的文件夹的绝对路径",
    "a name for this folder": "给这个文件夹起的名称",
    "a pattern of file names": "文件名的通配式",
    "a table of device numbers and serials, such as { 1 = 'CKUH1', 2 = 'CKUH2' }": "设备号与序列号的对照表,例如 { 1 = 'CKUH1', 2 = 'CKUH2' }",
    "page numbers and the user ids they belong to, e.g. { 17 = '1042' }": "页号与它所属的用户号,例如 { 17 = '1042' }",
    "the address terminals push to, such as 0.0.0.0:8081": "打卡机上传到的地址,例如 0.0.0.0:8081",
    "a list of the serials on the terminals' labels, such as ['CKUH123456']": "打卡机标签上序列号的列表,例如 ['CKUH123456']",
    "a name for this listener": "给这个接收端起的名称",
    "the name of a profile": "一个预置方案的名称",
    "the byte that opens a frame, e.g. 0x02": "一帧开头的字节,例如 0x02",
    "the bytes that end a frame, e.g. [0x0D, 0x0A]": "一帧结尾的字节,例如 [0x0D, 0x0A]",
    "the bytes of a frame, at most max_bytes": "一帧的字节数,不超过 max_bytes",
    "0 unless kind is stx_etx": "0,除非 kind 是 stx_etx",
    "left out unless kind is stx_etx or fixed": "不填,除非 kind 是 stx_etx 或 fixed",
    "body or decoded, unless the check follows the end (tail_bytes)": "body 或 decoded,除非校验跟在帧尾之后(tail_bytes)",
    "texts of the state group and their codes, 0 to 255": "state 组的文字与对应的代码,0 到 255",
    "a strptime format": "strptime 时间格式",
    "given exactly when the pattern has the group time": "有 time 组时才填,有就必须填",
    "given when the pattern has the group state": "有 state 组时必须填",
    "patterns with the group date": "含有 date 组的模式",
    "a format with year, month and day": "含年、月、日的格式",
    "without time zone: terminals show the store's time": "不含时区:打卡机显示的是门店时间",
    # ---- maps of till files
    "the name of a shipped map or the absolute path of your own": "随系统提供的对照表名称,或您自己的对照表的绝对路径",
    "what stands for this store in the export": "导出文件里代表本店的值",
    "a list of patterns such as '*.csv'": "通配式的列表,例如 '*.csv'",
    "a column's name, a list of names to join, { first_of = [names] }, "
    '{ constant = "text" } or { setting = "branch" }': (
        '列名、要连接的列名列表、{ first_of = [列名] }、{ constant = "文字" } 或 { setting = "branch" }'
    ),
    "a list of texts of the kind column": "种类列里的文字的列表",
    "a list of time formats": "时间格式的列表",
    "a column name": "列名",
    "a list of texts of that column": "该列里的文字的列表",
    'a list of texts, or give setting = "branch" instead': '文字的列表,或改填 setting = "branch"',
    "the name of the column to look at": "要看的那一列的列名",
    "the number of columns of a file without header line": "没有表头行的文件的列数",
    "the texts of columns.kind that mean a sale; likewise refund ...": "columns.kind 里表示销售的文字;退货等同样填写",
    "a list of beginnings of lines to pass over": "要跳过的行的开头的列表",
    "the name of a worksheet": "工作表的名称",
    # ---- hq.toml
    "an address to listen on": "要监听的地址",
    "the path of a file with the shared secret": "存放共享密钥的文件的路径",
    "at least one role: an appeal ends with a person's decision": "至少一个角色:申诉要由人裁定",
    "the app's AppKey (clientId)": "应用的 AppKey(clientId)",
    "the path of a file with the app's AppSecret": "存放应用 AppSecret 的文件的路径",
    "given, for a group is named by its conversation": "必填,因为有群是用会话指定的",
    "given, or at least one [[dingtalk.groups]]": "必填,或至少写一个 [[dingtalk.groups]]",
    "false without an app_key": "没有 app_key 时只能是 false",
    "the in-app robot's code": "应用内机器人的编码",
    "the bizType of third-party payroll data": "第三方工资数据的 bizType",
    "a column of its payroll": "其工资表的一列",
    "at least one table with store and token_file": "至少一张写明 store 和 token_file 的表",
    "a store's id or *": "门店编号或 *",
    "a list of addresses": "地址的列表",
    "the SMTP server's name": "SMTP 服务器的名称",
    "the address mail comes from": "发件人地址",
    "an openConversationId": "openConversationId",
    "the path of a file with the end of the robot's address": "存放机器人地址末段的文件的路径",
}  # fmt: skip
"""By the English phrase."""

FORMS: Final = tuple((re.compile(form, re.DOTALL), zh) for form, zh in (
    (r"a whole number, (\S+) to (\S+)", "{} 到 {} 的整数"),
    (r"a list of whole numbers, (\S+) to (\S+)", "{} 到 {} 的整数的列表"),
    (r"a number of seconds, (\S+) to (\S+)", "{} 到 {} 秒"),
    (r"a number, (\S+) to (\S+)", "{} 到 {} 的数"),
    (r"the path of a file this program may read \((.*)\)", "本程序有权读取的文件的路径({})"),
    (r"tables headed (\[\[.*\]\])", "以 {} 起头的表"),
    (r"a list of shards, each 0 to (\d+); without it: all", "分片号的列表,每个 0 到 {};不填为全部"),
    (r"a URL that begins with (.*)", "以 {} 开头的 URL"),
    (r"at most (\d+) serials", "最多 {} 个序列号"),
    (r"one whose form takes (\d+) bytes, as tail_bytes", "写出来占 {} 个字节的一种,与 tail_bytes 一致"),
    (r"a pattern with the group user, and no other than (.*)", "含有 user 组的模式,除 {} 之外没有别的组"),
    (r"free of (.*), which stands for another kind too", "不含 {},它已经表示另一种了"),
    (r"formats; in (.*)", "可用的格式;{}"),
    (r"one of (.*)", "其中之一:{}"),
    (r"a list of (.*)", "列表,可选:{}"),
))  # fmt: skip
"""Phrases with values in them, tried in this order."""


def in_chinese(allowed: str) -> str:
    """Return what is allowed in Chinese; what nobody translated stays as it is.

    >>> in_chinese("a whole number, 1 to 65535"), in_chinese("true or false")
    ('1 到 65535 的整数', 'true 或 false')
    """
    return PHRASES.get(allowed) or _filled(allowed, str.format) or allowed


def _filled(allowed: str, fill: Callable[..., str]) -> str | None:
    for form, zh in FORMS:
        if found := form.fullmatch(allowed):
            return fill(zh, *(one.replace(" or ", " 或 ") for one in found.groups()))
    return None
