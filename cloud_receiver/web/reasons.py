"""Why data could not be used and what to do about it, in words, for the codes people meet."""

from __future__ import annotations

from typing import Final

from cloud_receiver.web.texts import Language, Texts, Words

TEXTS: Final[Texts] = {
    "header": (
        "报文开头不对,不是门店盒子发出的格式。请检查是否有别的程序在用这个主题。",
        "The message does not begin as a box's does. See whether another program uses the topic.",
    ),
    "checksum": (
        "校验和不符:数据在途中受损。盒子会重发没有回执的批次,一般不用处理。",
        "The checksum is wrong: damaged on the way. The box sends again what has no receipt: nothing to do.",
    ),
    "deflate": (
        "压缩数据损坏,无法解开。盒子会重发没有回执的批次,一般不用处理。",
        "The compressed data is damaged. The box sends again what has no receipt: nothing to do.",
    ),
    "json": (
        "内容不是合法的 JSON。若反复出现,请升级门店盒子。",
        "The content is no JSON. If it keeps coming, update the store box.",
    ),
    "depth": ("内容嵌套过深,可能是恶意数据。", "Nested too deeply; perhaps hostile."),
    "oversize": ("报文过大,超过上限。", "The message is larger than allowed."),
    "version": (
        "报文版本不认识。请升级总部或门店盒子,让两边一致。",
        "The version is not known here. Update headquarters or the box so that they agree.",
    ),
    "topic": ("主题不合规。", "The topic is not one of ours."),
    "kind": (
        "记录种类不认识。总部升级后可以重读。",
        "This kind of record is not known; an update of headquarters will read it.",
    ),
    "field": (
        "某个字段缺失或超出范围,这条记录没有入账,同批其他记录不受影响。",
        "A field is missing or out of range. The record is kept here; its neighbours went through.",
    ),
    "law1": (
        "盒子的计数对不上:已采集 ≠ 已回执 + 等待 + 隔离。请联系管理员。",
        "The box's counters do not add up. Call an administrator.",
    ),
    "conflict": (
        "同一条小票两次导出的内容不同,以先到的为准。请与门店核对。",
        "The same receipt line came twice with different facts; the first stands. Ask the store.",
    ),
    "contested": (
        "同一序号对应了不同的记录:两个盒子同名,或插回了旧卡。两边会换新标识重传,不会混淆。请改名。",
        "A number was given twice: two boxes share a name, or an old card is back. Both send again.",
    ),
    "namesake": (
        "两个盒子用同一个名字轮流上线,或插回了旧卡。数据不会混淆,请给其中一个改名(daka-agent init --box)。",
        "Two boxes go by one name in turn, or an old card is back. Nothing is mixed; rename one.",
    ),
    "over": (
        "这个盒子的问题信件太多,多出的只计数,没有保留。请先处理原因。",
        "This box has too many dead letters; more are only counted. See to the cause first.",
    ),
    "unreadable": (
        "总部读不懂盒子发来的这条记录,原文在盒子的隔离区,后面的记录不受影响。",
        "Headquarters could not read this record. It is in the box's quarantine; others go on.",
    ),
    "crash": (
        "总部处理这条消息时出错。请联系管理员;升级后可以重读。",
        "Headquarters failed over this message. Call an administrator; an update may read it.",
    ),
    "ahead": (
        "盒子记得的回执比总部多:总部可能恢复过备份,正在请盒子补传。",
        "The box remembers more receipts than headquarters: it was restored and asks for a refill.",
    ),
    "gone": (
        "盒子已清掉、总部也没有的一段记录,无法补回。请查备份。",
        "Records that neither the box nor headquarters holds any more. Look in the backups.",
    ),
    "clock": (
        "设备时间明显不对,没有用于计算。请校准设备时钟。",
        "The device's time cannot be right and was not used. Set its clock.",
    ),
    "user_id": ("用户号读不出来。", "The user id cannot be read."),
    "impossible_time": (
        "打卡时间不存在,记录原样保留。若当天缺卡,请补录。",
        "The time cannot exist; the record is kept. Enter the punch by hand if one is missing.",
    ),
    "cut_record": ("记录只有一半。", "Only part of the record came."),
    "unfit": ("内容无法放进记录里。", "The content does not fit a record."),
}
OF_SOURCES: Final[Texts] = {
    "json": ("这一行不是合法的 JSON。请重新导出。", "The line is no JSON object. Export it again."),
    "columns": ("这一行的列数不对。请核对导出的这一行,或字段对照表里的分隔符和列。", "The line has not the columns it should. Look at it in the export, or at delimiter and columns in the map."),
    "code": ("设备号、状态或验证方式不是合法的数字。记录原样保留。", "A device number, state or verification is no number there is. The record is kept."),
    "encoding": ("这一行不是可读的文字。请在字段对照表里写明文件的编码。", "The line is no readable text. Declare the encoding of the export in the map."),
    "nul": ("文件里有空洞(U 盘可能未安全拔出)。请重新导出。", "The file has a hole; a stick may have been pulled too early. Export it again."),
    "line_too_long": ("这一行超过 1 MB,不像收银或打卡数据。", "The line is longer than 1 MB: hardly a till's or a terminal's."),
    "csv": ("分不清这一行的各列。请核对导出的这一行。", "The cells of the line cannot be told apart. Look at it in the export."),
    "open_quote": ("有一个双引号没有配对。请在收银系统里重新导出。", "A double quote is never closed. Export it again from the till."),
    "dbf_record": ("DBF 文件里的这条记录读不出来。请重新导出。", "This record of the DBF file cannot be read. Export it again."),
    "kind": ("单据类型不认识。请把它写进字段对照表的 [kinds]。", "The kind of line is not known. Add it to [kinds] in the map."),
    "time": ("时间读不懂。请把它的写法加进字段对照表的 time_formats,或重新导出这一天。", "The time cannot be read. Add its form to time_formats in the map, or export the day again."),
    "amount": ("金额读不懂。请核对这一行,或字段对照表里的小数点写法。", "The amount cannot be read. Look at the line, or at decimal_mark in the map."),
    "quantity": ("数量读不懂。请核对这一行,或字段对照表里的小数点写法。", "The quantity cannot be read. Look at the line, or at decimal_mark in the map."),
    "no_user": ("只有卡号,没有人。请在打卡机上把卡登记给员工。", "It names a card and no person. Enrol the card for somebody at the terminal."),
    "door_event": ("是门禁事件,没有人进门,不算打卡。", "A door event that let nobody in: no punch."),
    "unknown_post": ("打卡机发来的内容不认识,原样保留。", "The terminal sent something not known here; it is kept as it came."),
    "unclaimed": ("有一台打卡机推送到这个盒子,但它的序列号没有登记。请核对设备配置。", "A terminal pushes to this box and is not among its serials. See the box's configuration."),
    "implausible": ("打卡机里有一段记录没有意义,可能是存储损坏。", "A stretch of the terminal's log makes no sense; its storage may be damaged."),
    "sensor_covered": ("指纹头被挡住超过一分钟,别人打不了卡。请擦拭或移开遮挡。", "The sensor has been covered for more than a minute: nobody else can punch. Wipe or clear it."),
    "not_listening": ("有一段时间没有接收这台设备,它自己不存记录,这段时间的打卡可能丢失。", "Nobody listened to this device for a while and it keeps no memory: touches of that time may be lost."),
}  # fmt: skip
"""What devices and files cannot tell; some codes mean another thing when a box's message has them."""


def trouble_text(code: str, language: Language) -> str | None:
    """Return what a code means that a source's data was refused with, None for one not known."""
    known = Words(OF_SOURCES, language)(code) if code in OF_SOURCES else None
    return known or reason_text(code, language)


def reason_text(code: str, language: Language) -> str | None:
    """Return what a code means and what to do, None when it speaks for itself only."""
    return Words(TEXTS, language)(code) if code in TEXTS else None
