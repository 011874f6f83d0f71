"""What the check of a rule document says, in the words of those who make rules."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from cloud_receiver.web.texts import Language

_KNOWN: Final = (
    (r"rows\[(\d+)\] outcome: has exactly one", "第 {} 行还没有结果", "row {} has no outcome yet"),
    (r"rows\[(\d+)\] outcome: a neutral rule", "第 {} 行:不涉及钱的规则不能给钱", "row {}: a rule without money cannot pay"),
    (r"rows\[(\d+)\] outcome\.amount_fen", "第 {} 行:金额要大于 0", "row {}: the amount is more than 0"),
    (r"rows\[(\d+)\] outcome\.rate_bp", "第 {} 行:比例要大于 0,扣减不超过 100%", "row {}: the share is more than 0, a deduction at most 100 %"),
    (r"rows\[(\d+)\] when\.(\w+): the range", "第 {} 行:区间是空的,下限要小于上限", "row {}: the range is empty"),
    (r"0 rows", "至少要有一行", "a rule has at least one row"),
    (r"message: (\w+): add", "消息里要有 {{work_date}},否则同样的两条会被当成一条", "the message needs {{work_date}}"),
    (r"message: \w+: \{{(.*)\}} is unknown", "消息里的字段不认识", "the message has an unknown field"),
    (r"examples\[(\d+)\]: wanted", "第 {} 个例子算出来不一样", "example {} comes out otherwise"),
    (r"two rows have the same id", "有两行编号相同", "two rows have the same id"),
)  # fmt: skip
_ROW: Final = re.compile(r"^rows\[\d+\]|^examples\[\d+\]")


def in_words(found: Iterable[str], language: Language, *, nameless: bool = False) -> list[str]:
    """Return problems as sentences; one that has no better words stays as it is.

    >>> in_words(["rows[0] outcome: has exactly one of amount_fen"], Language.EN)
    ['row 1 has no outcome yet']
    """
    said = [
        language.pick("请给规则起中英文名称", "give the rule a name in both languages")
    ] * nameless
    return said + [_sentence(problem, language) for problem in found]


def _sentence(problem: str, language: Language) -> str:
    for pattern, zh, en in _KNOWN:
        if match := re.match(pattern, problem):
            number = int(match[1]) + 1 if _ROW.match(problem) else ""
            return language.pick(zh, en).format(number)
    return problem
