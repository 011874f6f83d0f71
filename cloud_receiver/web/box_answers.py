"""What a box answers to commands and settings, in Chinese: boxes speak English on the wire."""

from __future__ import annotations

import re
from typing import Final

from cloud_receiver.web.texts import Language

_LANES: Final = {"punch": "打卡", "sale": "销售", "bulk": "其他"}
_SENTENCES: Final = tuple((re.compile(form, re.DOTALL), zh) for form, zh in (
    (r"'(.+)' cannot be set from headquarters; what can: (.+)", "{} 不能由总部设置;可以设置的有:{}"),
    (r"(\w+) = (.+); it must be a whole number, (\d+) to (\d+)", "{} = {};应是 {} 到 {} 的整数"),
    (r"it expired at (.+)", "过期未做,期限是 {}(UTC)"),
    (r"this agent knows no (.+), but (.+)", "盒子上的程序不认识 {},只认识 {};请升级盒子"),
    (r"device: the name of a device is expected", "没有说是哪台设备"),
    (r"since = (.+) is no date", "{} 不是日期"),
    (r"(\d+) records of lane (\w+) sent again", "已重传 {} 条{}记录"),
    (r"(\d+)\.\.(\d+) is no range", "从 {} 到 {} 不是有效的编号范围"),
    (r"lane (\w+) ends at (\d+)", "{}记录的编号只到 {}"),
    (r"records up to (\d+) of lane (\w+) have left the box", "编号 {} 及以前的{}记录已不在盒子里"),
    (r"the box did not answer before the command expired", "盒子在期限之前没有回应"),
    (r"the outbox is closed: the agent is stopping", "盒子正在停止,请稍后再试"),
    (r"the disk of (.+) is full .*", "盒子的磁盘({})已满,请清理"),
    (r"(.+) is damaged .*", "盒子的本地数据库({})损坏;请重启盒子的程序,它会另存并重读所有设备"),
    (r"no device '(.+)' on this box; there is (.+)", "这个盒子上没有设备“{}”,有的是:{}"),
    (r"(.+) was read again: (\d+) records were new", "“{}”已重读,新增 {} 条记录"),
))  # fmt: skip
"""What the agent says, by its English sentence; a sentence of a newer agent is shown as it is."""


def answer_text(sentence: str, language: Language) -> str:
    """Return what a box said, in the reader's language where it is known.

    >>> answer_text("12 records of lane punch sent again", Language.ZH)
    '已重传 12 条打卡记录'
    """
    if language is Language.EN:
        return sentence
    for form, zh in _SENTENCES:
        if found := form.fullmatch(sentence):
            return zh.format(*(_LANES.get(one, one) for one in found.groups()))
    return sentence
