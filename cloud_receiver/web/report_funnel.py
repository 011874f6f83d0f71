"""The anomaly rate of stores and of people, with limits that are fair to the small."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from math import sqrt
from typing import Final
from urllib.parse import quote

from sqlalchemy import Connection

from cloud_receiver.domain import reports
from cloud_receiver.domain.reports import Standing
from cloud_receiver.domain.results import DayStatus
from cloud_receiver.store import names
from cloud_receiver.store import reports as counts
from cloud_receiver.store.reports import Anomalies
from cloud_receiver.web import charts
from cloud_receiver.web.report_asked import Asked, address
from cloud_receiver.web.report_sheet import Column, Lines, Row, Sheet
from cloud_receiver.web.texts import Texts, Words

MAX_DOTS: Final = 3000
TEXTS: Final[Texts] = {
    "person": ("员工", "Person"),
    "shifts": ("班次", "Shifts"),
    "wrong": ("异常", "Anomalies"),
    "late": ("迟到", "Late"),
    "early": ("早退", "Early"),
    "missing": ("缺卡", "No card"),
    "absent": ("旷工", "Absent"),
    "rate": ("异常率", "Rate"),
    "at_least": ("至少", "At least"),
    "at_most": ("至多", "At most"),
    "standing": ("判断", "Reading"),
    "reads_usual": ("正常波动", "within chance"),
    "reads_high": ("偏高", "high"),
    "reads_very_high": ("明显偏高", "clearly high"),
    "reads_low": ("偏低", "low"),
    "overall": ("总体 {rate}", "overall {rate}"),
    "limit_95": ("95% 界限", "95 % limit"),
    "limit_998": ("99.8% 界限", "99.8 % limit"),
    "anomaly_finding": (
        "{n} 个班次中 {wrong} 个异常,异常率 {rate};{high}。",
        "{wrong} of {n} shifts went wrong, {rate}; {high}.",
    ),
    "none_high": ("没有明显偏高的", "none is clearly high"),
    "some_high": ("{n} 个明显偏高", "{n} clearly high"),
    "anomaly_method": (
        "异常率 = 异常班次 ÷ 已判定班次(不是 ÷ 人数)。漏斗界限考虑了班次多少:小门店的高低多半是偶然。",
        ("Rate = anomalous shifts / judged shifts, not / people. The funnel allows for size: "
        "in a small store highs and lows are mostly chance."),
    ),
    "anomaly": ("考勤异常率", "Anomaly rate"),
    "person_anomaly": ("个人异常率", "Anomaly rate by person"),
    "store": ("门店", "Store"),
}  # fmt: skip


def anomaly(connection: Connection, asked: Asked) -> Sheet:
    """Return the anomaly rate of stores with fair limits."""
    found = counts.anomalies(connection, asked.stretch, by_person=False)
    known = {shop.store_id: shop.name for shop in names.stores(connection)}

    def href(store_id: str) -> str:
        return address("/reports", asked, report="person_anomaly", store=store_id)

    return _funnel("anomaly", found, known, href, asked)


def person_anomaly(connection: Connection, asked: Asked) -> Sheet:
    """Return the anomaly rate of people with fair limits."""
    found = counts.anomalies(connection, asked.stretch, by_person=True)
    known = names.employee_names(connection)
    month = asked.stretch.last[:7]

    def href(employee_id: str) -> str:
        return f"/people/{quote(employee_id)}?month={month}"

    return _funnel("person_anomaly", found, known, href, asked)


def _funnel(
    title: str,
    found: Sequence[Anomalies],
    known: Mapping[str, str],
    href: Callable[[str], str],
    asked: Asked,
) -> Sheet:
    words = Words(TEXTS, asked.language)
    days, wrong = sum(one.days for one in found), sum(one.wrong for one in found)
    overall = wrong / days if days else 0.0
    standings = {one.key: reports.standing(one.wrong, one.days, overall) for one in found}
    worst = sorted(found, key=lambda one: (-_excess(one, overall), one.key))
    columns = (
        Column(words("person" if title == "person_anomaly" else "store")),
        *(Column(words(key), "int")
          for key in ("shifts", "wrong", "late", "early", "missing", "absent")),
        *(Column(words(key), "rate") for key in ("rate", "at_least", "at_most")),
        Column(words("standing")),
    )  # fmt: skip

    def line(one: Anomalies) -> Row:
        stands = standings[one.key]
        values = _rates(one, known, stands, words)
        return Row(values=values, href=href(one.key), tone=_TONES[stands])

    n_high = sum(one is Standing.VERY_HIGH for one in standings.values())
    high = words("some_high", n=f"{n_high:,}") if n_high else words("none_high")
    said = words(
        "anomaly_finding", n=f"{days:,}", wrong=f"{wrong:,}", rate=f"{overall:.1%}", high=high
    )
    return Sheet(
        title=words(title), findings=(said,), method=words("anomaly_method"), columns=columns,
        rows=Lines(worst, line), options=_funnel_picture(worst[:MAX_DOTS], known, standings, overall, words),
        links={known.get(one.key, one.key): href(one.key) for one in worst[:MAX_DOTS]}, label=said,
    )  # fmt: skip


_LATE: Final = (DayStatus.LATE, DayStatus.SERIOUS_LATE, DayStatus.ABSENT_LATE)
_TONES: Final = {
    Standing.USUAL: "", Standing.HIGH: "warn", Standing.VERY_HIGH: "bad", Standing.LOW: "good",
}  # fmt: skip
_DOTS: Final = {
    Standing.USUAL: "wait", Standing.HIGH: "warn", Standing.VERY_HIGH: "bad", Standing.LOW: "good",
}  # fmt: skip


def _excess(one: Anomalies, overall: float) -> float:
    """Return by how much more went wrong than chance would have it, in standard errors."""
    expected = overall * one.days
    return (one.wrong - expected) / sqrt(expected * (1 - overall) + 1e-9)


def _rates(
    one: Anomalies, known: Mapping[str, str], stands: Standing, words: Words
) -> tuple[str | int | float, ...]:
    rate, by = reports.wilson(one.wrong, one.days), one.by_status
    late = sum(by.get(status, 0) for status in _LATE)
    counted = (late, by.get(DayStatus.EARLY, 0), by.get(DayStatus.NOT_SIGNED, 0),
               by.get(DayStatus.ABSENTEEISM, 0))  # fmt: skip
    name = known.get(one.key, one.key)
    return (
        name,
        one.days,
        one.wrong,
        *counted,
        rate.value,
        rate.low,
        rate.high,
        words(f"reads_{stands}"),
    )


def _funnel_picture(
    found: Sequence[Anomalies],
    known: Mapping[str, str],
    standings: Mapping[str, Standing],
    overall: float,
    words: Words,
) -> charts.Options:
    largest = max((one.days for one in found), default=10)
    steps = sorted({max(1, round(largest * 1.08 * step / 40)) for step in range(1, 41)})
    series = [charts.line(words("overall", rate=f"{overall:.1%}"),
                          [[n, overall] for n in (0, steps[-1])], "muted")]  # fmt: skip
    for key, level, tone in (
        ("limit_95", reports.WARN_LEVEL, "warn"), ("limit_998", reports.ALARM_LEVEL, "bad"),
    ):  # fmt: skip
        series += [
            charts.line(words(key), [[n, reports.funnel(overall, n, level)[end]] for n in steps],
                        tone, dashed=True)
            for end in (1, 0)
        ]  # fmt: skip
    for stands, tone in _DOTS.items():
        dots = [
            {"value": [one.days, one.wrong / one.days], "name": known.get(one.key, one.key),
             "hint": escape(f"{known.get(one.key, one.key)}: {one.wrong}/{one.days}")}
            for one in found if standings[one.key] is stands
        ]  # fmt: skip
        if dots:
            series.append(charts.dots(words(f"reads_{stands}"), dots, tone))
    percent = {":formatter": "(v) => (v * 100).toFixed(0) + '%'", ":color": charts.colour("muted")}
    return charts.chart(
        series, charts.axis(words("shifts"), nameLocation="middle", nameGap=28),
        charts.axis(words("rate"), axisLabel=percent, min=0), words("anomaly"),
        tooltip={"confine": True, ":formatter": "(one) => one.seriesName"},
        grid={"left": 12, "right": 24, "top": 96, "bottom": 32, "containLabel": True},
    )  # fmt: skip
