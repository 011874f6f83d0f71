"""The overtime of people by month against what the Labour Law allows."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from sqlalchemy import Connection

from cloud_receiver.domain.labour import OVERTIME_MONTH_MIN, over_month_min
from cloud_receiver.store import names
from cloud_receiver.store import reports as counts
from cloud_receiver.store.reports import Overtime
from cloud_receiver.web import charts
from cloud_receiver.web.report_asked import Asked
from cloud_receiver.web.report_sheet import Column, Lines, Row, Sheet
from cloud_receiver.web.texts import Texts, Words

_MOST: Final = 20
SHOWN_FROM_MIN: Final = 3
"""What comes to less would be shown as 0.0 hours."""
TEXTS: Final[Texts] = {
    "title": ("加班与法定上限", "Overtime and the law"),
    "person": ("员工", "Person"),
    "month": ("月份", "Month"),
    "days": ("加班天数", "Days"),
    "long_days": ("超过 3 小时的天数", "Days over 3 h"),
    "hours": ("加班小时", "Hours"),
    "over": ("超出 36 小时", "Beyond 36 h"),
    "finding": (
        "{n} 人次月有加班,其中 {over} 超过每月 36 小时;{long} 天超过每天 3 小时。",
        "{n} person-months with overtime, {over} beyond 36 hours; {long} days beyond 3 hours.",
    ),
    "few": (
        "另有 {n} 人次月合计不足 0.1 小时,没有列出。",
        "{n} more person-months come to less than 0.1 hours and are not listed.",
    ),
    "method": (
        "加班 = 下班之后的分钟与休息日出勤的全部分钟,按所选日期合计。劳动法第四十一条:一般每天 1 小时,最多每天 3 小时、每月 36 小时。只提示,不影响奖惩。",
        (
            "Overtime is what is worked after the shift, and all of a rest day, within the dates chosen. "
            "Labour Law art. 41: one hour a day as a rule, at most 3 a day and 36 a month. A warning only."
        ),
    ),
}


def overtime(connection: Connection, asked: Asked) -> Sheet:
    """Return overtime by person and month, the most first."""
    words = Words(TEXTS, asked.language)
    every = counts.overtime(connection, asked.stretch)
    found = [one for one in every if one.overtime_min >= SHOWN_FROM_MIN]
    known = names.employee_names(connection)
    over = sum(1 for one in found if over_month_min(one.overtime_min))
    said = words(
        "finding", n=f"{len(found):,}", over=over, long=sum(one.long_days for one in found)
    )
    few = len(every) - len(found)
    findings = (said, words("few", n=f"{few:,}")) if few else (said,)

    def line(one: Overtime) -> Row:
        return Row(
            values=(
                known.get(one.employee_id, one.employee_id),
                one.month,
                one.days,
                one.long_days,
                f"{one.overtime_min / 60:.1f}",
                f"{over_month_min(one.overtime_min) / 60:.1f}",
            ),
            href=f"/people/{quote(one.employee_id)}?month={one.month}",
            tone="bad" if one.overtime_min > OVERTIME_MONTH_MIN else "",
        )

    columns = (
        Column(words("person")), Column(words("month")), Column(words("days"), "int"),
        Column(words("long_days"), "int"), Column(words("hours"), "hours"), Column(words("over"), "hours"),
    )  # fmt: skip
    most = found[:_MOST][::-1]
    labels = [f"{known.get(one.employee_id, one.employee_id)} {one.month}" for one in most]
    hours = [round(one.overtime_min / 60, 1) for one in most]
    limit = {
        "silent": True,
        "symbol": "none",
        "lineStyle": {":color": charts.colour("bad")},
        "data": [{"xAxis": OVERTIME_MONTH_MIN / 60}],
    }
    picture = charts.chart(
        [charts.bars(words("hours"), hours, "accent") | {"markLine": limit}],
        charts.axis(words("hours"), **charts.BELOW),
        charts.axis(kind="category", data=labels, axisLabel=charts.LONG),
        words("title"),
    )
    links = {
        label: f"/people/{quote(one.employee_id)}?month={one.month}"
        for label, one in zip(labels, most, strict=True)
    }
    return Sheet(
        title=words("title"), findings=findings, method=words("method"), columns=columns,
        rows=Lines(found, line), options=picture, links=links, label=said,
    )  # fmt: skip
