"""What the check of a rule document says, in the words of those who make rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from cloud_receiver.web.phrases import fact_label
from cloud_receiver.web.texts import Language

_KNOWN: Final = (
    (r"rows\[(\d+)\] outcome: has exactly one", "第 {} 行还没有结果", "row {} has no outcome yet"),
    (r"rows\[(\d+)\] outcome: a neutral rule", "第 {} 行:不涉及钱的规则不能给钱", "row {}: a rule without money cannot pay"),
    (r"rows\[(\d+)\] outcome\.amount_fen", "第 {} 行:金额要大于 0", "row {}: the amount is more than 0"),
    (r"rows\[(\d+)\] outcome\.rate_bp", "第 {} 行:比例要大于 0,扣减不超过 100%", "row {}: the share is more than 0, a deduction at most 100 %"),
    (r"rows\[(\d+)\] when\.(\w+): the range \(", "第 {} 行:区间是空的,下限要小于上限", "row {}: the range is empty"),
    (r"0 rows", "至少要有一行", "a rule has at least one row"),
    (r"message: (\w+): add", "消息里要有 {{work_date}},否则同样的两条会被当成一条", "the message needs {{work_date}}"),
    (r"message: \w+: \{{(.*)\}} is unknown", "消息里的字段不认识", "the message has an unknown field"),
    (r"examples\[(\d+)\]: wanted", "第 {} 个例子算出来不一样", "example {} comes out otherwise"),
    (r"sticky_days: is from", "退货保留天数要在 0 到 366 之间", "the days a reward is kept are from 0 to 366"),
    (r"sticky_days: belongs", "“退货满几天后不收回”只用于以“达标”为条件的奖励:条件里请加上“达标”",
     "keeping a reward after a refund belongs to a reward that asks “target met”: add that condition"),
    (r"sticky_days: (.+) follows? every refund",
     "“退货满几天后不收回”不能与“{}”一起用:销售额和达成率随每次退货变动,保留不住;条件里请只用“达标”",
     "keeping a reward after a refund does not go with “{}”: sales and shares of the target follow every refund and cannot be kept; ask “target met” only"),
    (r"cap\.amount_fen", "单次上限要大于 0", "the limit each time is more than 0"),
    (r"effect: a deduction is a day's", "活动结算和排名不能扣钱,只能减长期绩效分", "a campaign or ranking takes points, never money"),
    (r"account: deductions", "扣减只能记在补贴账户", "deductions go to the subsidy only"),
    (r"when: a rest day keeps", "连续全勤的前提里要有“全勤”,否则会发两次", "a run needs “full attendance” among its givens, or it pays twice"),
    (r"when: a \w+ rule waits", "前提里要有“结果已定”", "add “the result is final” to the givens"),
    (r"when: a punch rule waits", "前提里要有“已到岗”", "add “has arrived” to the givens"),
    (r"every: a streak", "天数或次数要在 1 到 366 之间", "the days or times are from 1 to 366"),
    (r"pool\.share_bp", "占比要在 0.01% 到 100% 之间", "the share is from 0.01 % to 100 %"),
    (r"effective_(?:from|to) .*: write the date", "日期请写成 2026-12-01 这样", "write the date as 2026-12-01"),
    (r"effective_to: comes after", "停用日期要晚于生效日期", "the last date comes after the first"),
    (r"(\w+): is known when a campaign is closed", "“{}”要到活动结算时才知道:请把“什么时候判断”改为活动结算", "“{}” is known when a campaign is closed: choose that as the time it speaks"),
    (r"id .*: use a-z", "规则编号只能用小写字母、数字和下划线,以字母开头,最多 64 个", "the rule's id is made of a-z, 0-9 and _, begins with a letter and has at most 64"),
    (r"rows\[(\d+)\] outcome: rate_bp and of", "第 {} 行:请选按哪一项的比例", "row {}: choose of what the share is taken"),
    (r"rows\[(\d+)\] outcome\.half_points", "第 {} 行:绩效分要在 -100 到 100 之间", "row {}: the points are from -100 to 100"),
    (r"rows\[(\d+)\] when\.(\w+): the range has no bound", "第 {} 行:“{}”的区间还没有填数", "row {}: the range of “{}” has no bound yet"),
    (r"two rows have the same id", "有两行编号相同", "two rows have the same id"),
)  # fmt: skip


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
            return language.pick(zh, en).format(*_said(match, language))
    return problem


def _said(match: re.Match[str], language: Language) -> Iterator[str]:
    """Yield what a problem is about: rows are counted from 1, facts are called by their names."""
    for text in match.groups():
        facts = re.findall(r"\w+", text)
        labels = [fact_label(name, language) for name in facts]
        yield str(int(text) + 1) if text.isdecimal() else language.pick("、", ", ").join(labels)
