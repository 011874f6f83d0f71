"""The reports: what is asked of the store, what follows, and how it is pictured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import quote, urlencode

from sqlalchemy import Connection

from cloud_receiver.domain import reports
from cloud_receiver.store import names, rule_health, rule_shelf
from cloud_receiver.store import reports as counts
from cloud_receiver.web import charts
from cloud_receiver.web.report_asked import Asked, address
from cloud_receiver.web.report_funnel import anomaly, person_anomaly
from cloud_receiver.web.report_labour import overtime
from cloud_receiver.web.report_sheet import Column, Row, Sheet
from cloud_receiver.web.sentences import row_sentence
from cloud_receiver.web.texts import Language, Texts, Words
from sync.money import yuan_text

TEXTS: Final[Texts] = {
    "anomaly": ("考勤异常率", "Anomaly rate"),
    "person_anomaly": ("个人异常率", "Anomaly rate by person"),
    "amounts": ("奖惩金额分布", "Amounts"),
    "effect": ("业绩与奖惩", "Sales and rewards"),
    "health": ("规则健康", "Rule health"),
    "overtime": ("加班与法定上限", "Overtime and the law"),
    "completeness": ("数据完整性", "Completeness"),
    "store": ("门店", "Store"),
    "rule": ("规则", "Rule"),
    "entries": ("笔数", "Entries"),
    "people": ("人数", "People"),
    "rewards": ("奖励(元)", "Rewards (yuan)"),
    "deductions": ("扣减(元)", "Deductions (yuan)"),
    "net": ("合计(元)", "Net (yuan)"),
    "by_day": ("每日", "By day"),
    "amounts_finding": (
        "奖励 {up} 元,扣减 {down} 元;奖励是扣减的 {ratio}。",
        "Rewards {up} yuan, deductions {down} yuan; rewards are {ratio} the deductions.",
    ),
    "times": ("{n} 倍", "{n} times"),
    "no_deduction": ("没有扣减", "there are no deductions"),
    "amounts_method": (
        "台账分录按工作日汇总,更正也计在内。",
        "Ledger entries by work date, corrections included.",
    ),
    "group": ("人群", "Group"),
    "mean_sales": ("日均销售(元)", "Daily sales (yuan)"),
    "low_bound": ("区间下限", "Low bound"),
    "high_bound": ("区间上限", "High bound"),
    "rewarded": ("得过奖励的人", "rewarded"),
    "not_rewarded": ("没得过奖励的人", "not rewarded"),
    "difference": ("差(得奖 − 未得奖)", "difference (rewarded − not)"),
    "before": ("同一批人:首次得奖前", "same people, before the first reward"),
    "after": ("同一批人:首次得奖后", "same people, after it"),
    "change": ("同一批人的变化", "change of the same people"),
    "effect_finding": (
        "得过奖励的人日均销售高 {diff} 元(95% 区间 {low} 至 {high}){verdict}。",
        "Rewarded people sell {diff} yuan more a day (95 % interval {low} to {high}){verdict}.",
    ),
    "effect_pair": (
        "同一批人首次得奖后日均变化 {diff} 元(95% 区间 {low} 至 {high}){verdict}。",
        "The same people change by {diff} yuan a day after it (95 % interval {low} to {high}){verdict}.",
    ),
    "by_chance": (",可能只是偶然", ", which may be chance"),
    "not_chance": (",不像偶然", ", hardly chance"),
    "too_few": ("人数太少,不下结论(每组至少 3 人)。", "Too few people for a claim (3 in each group)."),
    "effect_method": (
        "这是相关,不是因果:卖得多的人更容易得奖。首次得奖当天不计入。同一批人的前后比较更可信,但也受季节影响。",
        ("This is correlation, not cause: who sells more is rewarded more easily. The day of the "
        "first reward is left out. The same people before and after say more, seasons aside."),
    ),
    "row": ("条件与结果", "Row"),
    "hits": ("命中", "Hits"),
    "silent": ("其中 0 元", "Of these 0 yuan"),
    "appeals": ("申诉", "Appeals"),
    "overruled": ("改判", "Decided otherwise"),
    "amount": ("金额(元)", "Amount (yuan)"),
    "health_finding": (
        "{n} 条规则,{rows} 行中 {idle} 行从未命中。",
        "{n} rules; {idle} of {rows} rows never hit.",
    ),
    "latency": (
        "入账到发出消息:中位 {p50} 毫秒,99% 在 {p99} 毫秒内。",
        "From booking to message sent: median {p50} ms, 99 % within {p99} ms.",
    ),
    "no_latency": ("还没有发出过消息。", "No message was sent yet."),
    "health_method": (
        "从未命中的行可能被上面的行挡住,或条件太窄;0 元的命中是被上限或互斥挡下的。",
        "A row that never hits may be hidden by one above; hits of 0 yuan were held back.",
    ),
    "days": ("人日", "Person-days"),
    "final": ("已定", "Final"),
    "awaiting": ("等待数据", "Awaiting data"),
    "running": ("进行中", "Under way"),
    "share": ("完整", "Complete"),
    "complete_finding": (
        "{n} 个人日中 {rate} 结果已定,{awaiting} 个在等数据。",
        "{rate} of {n} person-days are final; {awaiting} wait for data.",
    ),
    "complete_method": (
        "等待数据不是旷工:门店的数据补齐后自动重新判定。图中绿色为已定,红色为在等数据,空白为还在进行。",
        "Awaiting data is not absence: it is judged anew when the store's data has come. Green is final, red waits for data, blank is under way.",
    ),
}  # fmt: skip


def amounts(connection: Connection, asked: Asked) -> Sheet:
    """Return what was given and taken, by rule, and by day in the picture."""
    words = Words(TEXTS, asked.language)
    found, by_day = counts.amounts(connection, asked.stretch)
    known = _rule_names(connection, asked.language)
    up, down = sum(one.rewards_fen for one in found), -sum(one.deductions_fen for one in found)
    ratio = words("times", n=f"{up / down:.1f}") if down else words("no_deduction")
    said = words("amounts_finding", up=yuan_text(up), down=yuan_text(down), ratio=ratio)
    rows = tuple(
        Row(values=(known.get(one.key, one.key), one.entries, one.people, one.rewards_fen,
                    one.deductions_fen, one.rewards_fen + one.deductions_fen),
            href=address("/ledger", asked, rule=one.key))
        for one in found
    )  # fmt: skip
    columns = (Column(words("rule")), Column(words("entries"), "int"), Column(words("people"), "int"),
               Column(words("rewards"), "yuan"), Column(words("deductions"), "yuan"),
               Column(words("net"), "yuan"))  # fmt: skip
    dates = [one.key for one in by_day]
    series = [
        charts.bars(words("rewards"), [one.rewards_fen / 100 for one in by_day], "good", "money"),
        charts.bars(words("deductions"), [one.deductions_fen / 100 for one in by_day], "bad", "money"),
    ]  # fmt: skip
    picture = charts.chart(series, charts.axis(kind="category", data=[day[5:] for day in dates]),
                           charts.axis(), words("by_day"))  # fmt: skip
    links = {day[5:]: f"/ledger?{urlencode({'from': day, 'to': day})}" for day in dates}
    return Sheet(title=words("amounts"), findings=(said,), method=words("amounts_method"),
                 columns=columns, rows=rows, options=picture, links=links, label=said)  # fmt: skip


def effect(connection: Connection, asked: Asked) -> Sheet:
    """Return how sales and rewards go together, with what that does not prove."""
    words = Words(TEXTS, asked.language)
    people = counts.sold(connection, asked.stretch)

    def mean(fen: int, days: int) -> float:
        return fen / days

    with_: list[float] = []
    without: list[float] = []
    for one in people:
        days = one.days_before + one.days_after
        if days:
            group = without if one.rewarded_from is None else with_
            group.append(mean(one.sales_before_fen + one.sales_after_fen, days))
    pairs = [(mean(one.sales_before_fen, one.days_before), mean(one.sales_after_fen, one.days_after))
             for one in people if one.rewarded_from and one.days_before and one.days_after]  # fmt: skip
    before, after = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found = reports.welch(with_, without)
    changed = reports.paired(before, after)
    said = [_claim("effect_finding", found, words), _claim("effect_pair", changed, words)]
    groups = [("rewarded", with_), ("not_rewarded", without), ("before", before), ("after", after)]
    rows = [
        Row(values=(words(key), len(group), sum(group) / len(group) if group else None, None, None))
        for key, group in groups
    ]
    rows += [
        Row(values=(words(key), size, one.value, one.low, one.high))
        for key, size, one in (("difference", len(with_) + len(without), found),
                               ("change", len(pairs), changed)) if one
    ]  # fmt: skip
    columns = (Column(words("group")), Column(words("people"), "int"),
               *(Column(words(key), "yuan") for key in ("mean_sales", "low_bound", "high_bound")))  # fmt: skip
    means = [round(sum(group) / len(group) / 100, 2) if group else 0 for _, group in groups]
    picture = charts.chart(
        [charts.bars(words("mean_sales"), means, "accent")],
        charts.axis(kind="category", data=[words(key) for key, _ in groups],
                    axisLabel=charts.WRAPPED),
        charts.axis(words("mean_sales")), words("effect"),
    )  # fmt: skip
    return Sheet(title=words("effect"), findings=tuple(said), method=words("effect_method"),
                 columns=columns, rows=tuple(rows), options=picture, label=said[0])  # fmt: skip


def _claim(key: str, found: reports.Interval | None, words: Words) -> str:
    if found is None:
        return words("too_few")
    value, low, high = (f"{number / 100:+,.2f}" for number in (found.value, found.low, found.high))
    verdict = words("not_chance" if found.excludes_zero else "by_chance")
    return words(key, diff=value, low=low, high=high, verdict=verdict)


def health(connection: Connection, asked: Asked) -> Sheet:
    """Return how each row of each rule does, and how fast people are told."""
    words = Words(TEXTS, asked.language)
    newest = rule_shelf.newest(rule_shelf.versions(connection))
    asked_of = [(rule.id, row.id) for rule in newest.values() for row in rule.rows]
    spoke = rule_health.row_hits(connection, asked.stretch, asked_of)
    hits = {(one.rule_id, one.row_id): one for one in spoke}
    doubts = rule_health.row_doubts(connection, asked.stretch)
    rows: list[Row] = []
    labels: list[str] = []
    spoken: list[int] = []
    idle = 0
    for rule in newest.values():
        name = asked.language.pick(rule.name.zh, rule.name.en)
        for number, row in enumerate(rule.rows, 1):
            one = hits.get((rule.id, row.id))
            idle += one is None
            numbers = (one.hits, one.silent, one.amount_fen, one.people) if one else (0, 0, 0, 0)
            doubted = doubts.get((rule.id, row.id), rule_health.Doubts())
            sentence = row_sentence(rule, row, asked.language)
            rows.append(Row(values=(name, sentence, *numbers, doubted.appeals, doubted.changed),
                            tone="" if one else "warn", marked=2,
                            href=f"/rules/{quote(rule.id)}"))  # fmt: skip
            labels.append(f"{name} {number}" if len(rule.rows) > 1 else name)
            spoken.append(numbers[0])
    waits = rule_health.told_after_ms(connection)
    p50, p99 = reports.quantile(waits, 0.5), reports.quantile(waits, 0.99)
    said = (
        words("health_finding", n=len(newest), rows=len(rows), idle=idle),
        words("no_latency") if p50 is None else words("latency", p50=f"{p50:,}", p99=f"{p99:,}"),
    )
    columns = (Column(words("rule")), Column(words("row")), Column(words("hits"), "int"),
               Column(words("silent"), "int"), Column(words("amount"), "yuan"),
               Column(words("people"), "int"), Column(words("appeals"), "int"),
               Column(words("overruled"), "int"))  # fmt: skip
    picture = charts.chart(
        [charts.bars(words("hits"), spoken[::-1], "accent")],
        charts.axis(words("hits"), minInterval=1, **charts.BELOW),
        charts.axis(kind="category", data=labels[::-1], axisLabel=charts.LONG), words("health"),
    )  # fmt: skip
    return Sheet(title=words("health"), findings=said, method=words("health_method"),
                 columns=columns, rows=tuple(rows), options=picture, label=said[0])  # fmt: skip


def completeness(connection: Connection, asked: Asked) -> Sheet:
    """Return what is final and what waits for data, by store; by store and day in the picture."""
    words = Words(TEXTS, asked.language)
    found = counts.heard(connection, asked.stretch)
    known = {shop.store_id: shop.name for shop in names.stores(connection)}
    shops = sorted({one.store_id for one in found})
    dates = sorted({one.work_date for one in found})
    sums = {shop: [0, 0, 0] for shop in shops}
    for one in found:
        for place, number in enumerate((one.days, one.final, one.awaiting)):
            sums[one.store_id][place] += number
    rows = tuple(
        Row(values=(known.get(shop, shop), days, final, awaiting, days - final - awaiting, final / days),
            href=address("/", asked, store=shop), tone="wait" if awaiting else "", marked=3)
        for shop, (days, final, awaiting) in sorted(sums.items(), key=lambda one: -one[1][2])
    )  # fmt: skip
    days, final, awaiting = (sum(one[place] for one in sums.values()) for place in range(3))
    said = words("complete_finding", n=f"{days:,}", awaiting=f"{awaiting:,}",
                 rate=f"{final / days:.1%}" if days else "—")  # fmt: skip
    column = {work_date: number for number, work_date in enumerate(dates)}
    line = {shop: number for number, shop in enumerate(shops)}
    cells = [
        [column[one.work_date], line[one.store_id], round(100 * one.final / over)]
        for one in found if (over := one.final + one.awaiting)
    ]  # fmt: skip
    colours = [":" + charts.colour(tone) for tone in ("bad-soft", "warn-soft", "good")]
    picture = charts.chart(
        [{"type": "heatmap", "name": words("share"), "data": cells}],
        charts.axis(kind="category", data=[day[5:] for day in dates]),
        charts.axis(kind="category", data=[known.get(shop, shop) for shop in shops]),
        words("completeness"), legend={"show": False},
        visualMap={"min": 0, "max": 100, "show": False,
                   "inRange": {":color": "[" + ",".join(one[1:] for one in colours) + "]"}},
    )  # fmt: skip
    columns = (Column(words("store")), Column(words("days"), "int"), Column(words("final"), "int"),
               Column(words("awaiting"), "int"), Column(words("running"), "int"), Column(words("share"), "rate"))  # fmt: skip
    return Sheet(title=words("completeness"), findings=(said,), method=words("complete_method"),
                 columns=columns, rows=rows, options=picture, label=said)  # fmt: skip


def _rule_names(connection: Connection, language: Language) -> dict[str, str]:
    named = rule_shelf.rule_names(connection).items()
    return {rule_id: language.pick(name.zh, name.en) for rule_id, name in named}


KINDS: Final[dict[str, Callable[[Connection, Asked], Sheet]]] = {
    "anomaly": anomaly,
    "person_anomaly": person_anomaly,
    "amounts": amounts,
    "effect": effect,
    "health": health,
    "overtime": overtime,
    "completeness": completeness,
}
OF_LEDGER: Final = frozenset({"amounts", "health"})
"""Reports of what was booked and said, which never leaves the database."""
