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


def reason_text(code: str, language: Language) -> str | None:
    """Return what a code means and what to do, None when it speaks for itself only."""
    return Words(TEXTS, language)(code) if code in TEXTS else None
