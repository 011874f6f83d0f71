"""What the campaign page shows: the list, one campaign's standings, lists, weeks and form; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from cloud_receiver.domain.campaigns import Campaign, Standing
from cloud_receiver.domain.outcomes import Outcome
from cloud_receiver.domain.scores import PARTS
from cloud_receiver.store.campaign_review import SHOWN, Review
from cloud_receiver.store.names import Store
from cloud_receiver.web.campaign_effect import draw_effect
from cloud_receiver.web.campaign_form import draw_form
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.phrases import chip, date_text, icon, local_time, money, plain_date
from cloud_receiver.web.rule_texts import SCENES
from cloud_receiver.web.texts import Texts, Words
from sync.money import yuan_text

TEXTS: Final[Texts] = {
    "title": ("活动竞赛", "Campaigns"),
    "lead": (
        "一段时间里一起卖货、一起排名。活动结束、数据完整之后自动结算,在此之前名次都是暂定的。",
        "Some days of selling together, compared. It is settled when it is over and the data is complete; until then every place is provisional.",
    ),
    "back": ("全部活动", "All campaigns"),
    "new": ("新建活动", "New campaign"),
    "change": ("修改活动", "Change it"),
    "name": ("名称", "Name"),
    "period": ("日期", "Dates"),
    "where": ("门店", "Stores"),
    "everywhere": ("全部门店", "all stores"),
    "n_stores": ("{n} 家门店", "{n} stores"),
    "share_pro_rata": ("结算奖励按比例少发", "rewards of the closing shrink alike"),
    "share_first_come": ("按名次先到先得", "the first places are served first"),
    "state": ("状态", "State"),
    "closed": ("已结算 {at}", "settled {at}"),
    "open": ("暂定", "provisional"),
    "members": ("成员", "Members"),
    "n_members": ("{n} 人", "{n} people"),
    "spent": ("每日奖励已用(元)", "Spent on daily rewards (yuan)"),
    "due": ("结算奖励(元)", "Rewards of the closing (yuan)"),
    "left": ("预算余额(元)", "Left of the budget (yuan)"),
    "no_budget": ("不限", "no limit"),
    "standings": ("名次", "Standings"),
    "tie": (
        "并列规则:综合得分相同者名次相同,后面的名次顺延(1、2、2、4)。加入时剩余天数不足一半的人不参加排名。",
        "Ties: equal scores share a place and the next ones move on (1, 2, 2, 4). Who joins with half the days or fewer left is not ranked.",
    ),
    "weights": ("综合得分 = 考勤 {attendance} : 业绩 {sales} : 反馈 {feedback}", "Score = attendance {attendance} : sales {sales} : feedback {feedback}"),
    "place": ("名次", "Place"),
    "person": ("员工", "Person"),
    "score": ("综合", "Score"),
    "p_attendance": ("考勤", "Attendance"),
    "p_sales": ("业绩", "Sales"),
    "p_feedback": ("反馈", "Feedback"),
    "sold": ("销售额 / 目标(元)", "Sold / target (yuan)"),
    "unranked": ("不参加", "not ranked"),
    "no_standing": ("活动期间还没有考勤结果。", "No day of the campaign is judged yet."),
    "lists": ("排行榜与培训名单", "Rank and training lists"),
    "lists_open": ("如果按现在的数据结算:", "If it were settled by what is known now:"),
    "short": ("应发 {yuan} 元,预算不够", "{yuan} yuan due, the budget falls short"),
    "no_lists": ("没有规则点到任何人(人数不足时不排名)。", "No rule names anybody (too few people are not ranked)."),
    "weeks": ("按周", "Week by week"),
    "week": ("周", "Week"),
    "rewarded": ("奖惩合计(元)", "Rewards, net (yuan)"),
    "late": ("迟到(次)", "Times late"),
    "join_all": ("加入全部相关门店的员工", "Add everybody of its stores"),
    "join": ("加入", "Add"),
    "people": ("姓名或工号,用逗号隔开", "Names or ids, separated by commas"),
    "leave": ("退出", "Leaves"),
    "leave_question": ("{who} 从今天起退出活动?", "{who} leaves the campaign from today on?"),
    "yes": ("确定", "Yes"),
    "no": ("取消", "Cancel"),
    "gone": ("{day} 退出", "left on {day}"),
    "since": ("{day} 加入", "since {day}"),
    "more": ("另有 {n} 人", "{n} more"),
    "empty_title": ("还没有活动", "No campaign yet"),
    "empty": (
        "在下面新建:给名称、日期和门店,再加入成员。规则里的“活动”类规则在结束时自动结算。",
        "Enter one below: name, dates, stores; then add its members. Rules about campaigns settle it at its end.",
    ),
}  # fmt: skip


def draw_list(
    found: Sequence[tuple[Campaign, int | None, int]],
    shops: Sequence[Store],
    said: str,
    today: str,
    words: Words,
    *,
    may_change: bool,
) -> Markup:
    """Return the page of all campaigns."""
    head = el("header", el("div", el("h1", words("title")), el("p", words("lead"))), class_="head")
    columns = [
        el("th", words(key), scope="col") for key in ("name", "period", "where", "members", "state")
    ]
    rows = [
        el("tr",
           el("td", el("a", one.name, href=f"/campaigns?id={quote(one.campaign_id)}"), class_="lead"),
           el("td", _period(one, words), data_label=words("period")),
           el("td", _where(one, shops, words), data_label=words("where")),
           el("td", words("n_members", n=f"{members:,}"), data_label=words("members")),
           el("td", _state(closed, words, _zone(shops)), data_label=words("state")))
        for one, closed, members in found
    ]  # fmt: skip
    body = (
        _table(columns, rows) if rows
        else el("div", icon("emoji_events"), el("h2", words("empty_title")), el("p", words("empty")),
                class_="empty")
    )  # fmt: skip
    form = draw_form(None, shops, today, words.language) if may_change else None
    new = _card("new", el("div", form, class_="card-body"), words) if form else None
    return join([head, el("section", body, class_="card"), new, _done(said)])


def draw_campaign(
    seen: Review,
    known: Mapping[str, str],
    shops: Sequence[Store],
    said: str,
    words: Words,
    *,
    may_change: bool,
) -> Markup:
    """Return the page of one campaign."""
    one = seen.campaign
    about = f"{_period(one, words)} · {_where(one, shops, words)}"
    back = el("a", icon("arrow_back"), words("back"), href="/campaigns", class_="crumb")
    head = el("header", el("div", back, el("h1", one.name), el("p", about)),
              _state(seen.closed_utc_ms, words, _zone(shops)), class_="head")  # fmt: skip
    may_edit = may_change and seen.closed_utc_ms is None
    edit = el("details", el("summary", words("change")), draw_form(one, shops, one.first_date, words.language),
              class_="stack") if may_edit else None  # fmt: skip
    return join([
        head, _figures(seen, words), draw_effect(seen, known, words.language), _standings(seen, known, words), _lists(seen, known, words),
        _weeks(seen, known, words), _members(seen, known, words, may_edit=may_edit),
        el("section", el("div", edit, class_="card-body"), class_="card") if edit else None,
        _done(said),
    ])  # fmt: skip


def _zone(shops: Sequence[Store]) -> str:
    return shops[0].zone if shops else "Asia/Shanghai"


def _period(one: Campaign, words: Words) -> str:
    return (
        f"{date_text(one.first_date, words.language)} – {date_text(one.last_date, words.language)}"
    )


def _where(one: Campaign, shops: Sequence[Store], words: Words) -> str:
    known = {shop.store_id: shop.name for shop in shops}
    named = [known.get(store_id, store_id) for store_id in one.stores]
    where = (
        words("n_stores", n=len(named))
        if len(named) > 3
        else words.language.pick("、", ", ").join(named)
    )
    scene = words.language.pick(*SCENES[one.scene]) if one.scene in SCENES else one.scene
    return " · ".join(filter(None, (where or words("everywhere"), scene)))


def _state(closed_utc_ms: int | None, words: Words, zone: str) -> Markup:
    if closed_utc_ms is None:
        return chip(words("open"), "wait", "hourglass_empty")
    return chip(words("closed", at=local_time(closed_utc_ms, zone, "%m-%d %H:%M")), "good", "lock")


def _figures(seen: Review, words: Words) -> Markup:
    due_fen = seen.closing.reward_fen
    budget = seen.campaign.budget
    left = words("no_budget") if budget is None else yuan_text(
        budget.amount_fen - seen.spent_fen - due_fen)  # fmt: skip
    pairs = (
        ("members", f"{seen.members_count:,}"),
        ("spent", yuan_text(seen.spent_fen)),
        ("due", yuan_text(due_fen)),
        ("left", left),
    )
    figures = [
        el("div", el("dt", words(key)), el("dd", value, class_="money"),
           el("dd", words(f"share_{budget.share}"), class_="under")
           if key == "left" and budget is not None else None, class_="figure")
        for key, value in pairs
    ]  # fmt: skip
    return el("dl", figures, class_="figures roomy")


def _points(standing: Standing, name: str) -> str:
    if name == "feedback" and not standing.facts.get("feedback_count"):
        return "—"
    return f"{int(standing.facts.get(f'period_{name}_milli', 0)) / 1000:.1f}"


def _standings(seen: Review, known: Mapping[str, str], words: Words) -> Markup:
    scoring = seen.campaign.scoring
    note = el("p", words("weights", **{part: getattr(scoring, part) for part in PARTS}), " · ",
              words("tie"), class_="card-body small muted")  # fmt: skip
    if not seen.standings:
        return _card(
            "standings",
            join([note, el("p", words("no_standing"), class_="card-body muted")]),
            words,
        )
    numeric = ("score", "p_attendance", "p_sales", "p_feedback", "sold")
    columns = [el("th", words("place"), scope="col"), el("th", words("person"), scope="col"),
               *(el("th", words(key), scope="col", class_="num") for key in numeric)]  # fmt: skip
    rows = []
    for one in seen.standings:
        sold, target = (
            yuan_text(int(one.facts.get(f"period_{key}_fen", 0))) for key in ("sales", "target")
        )
        place = f"{one.place}" if one.place else words("unranked")
        rows.append(el(
            "tr", el("td", el("b", place), class_="beside", data_label=words("place")),
            el("td", _who(one.employee_id, known, seen), class_="lead"),
            el("td", el("b", _points(one, "score")), class_="num", data_label=words("score")),
            *(el("td", _points(one, part), class_="num", data_label=words(f"p_{part}")) for part in PARTS),
            el("td", f"{sold} / {target}", class_="num line", data_label=words("sold")),
            data_key=one.employee_id,
        ))  # fmt: skip
    more = _more(seen.standings_count, words)
    return _card("standings", join([note, _table(columns, rows), more]), words)


def _who(employee_id: str, known: Mapping[str, str], seen: Review) -> Markup:
    month = seen.campaign.last_date[:7]
    return el("a", known.get(employee_id, employee_id),
              href=f"/people/{quote(employee_id)}?month={month}")  # fmt: skip


def _lists(seen: Review, known: Mapping[str, str], words: Words) -> Markup:
    by_rule: dict[str, list[Outcome]] = {}
    for one in seen.closing.outcomes:
        by_rule.setdefault(one.rule_id, []).append(one)
    if not by_rule:
        return _card("lists", el("p", words("no_lists"), class_="card-body muted"), words)
    parts = []
    for rule_id, outcomes in by_rule.items():
        rule = words.language.pick(outcomes[0].explanation.rule.zh, outcomes[0].explanation.rule.en)
        items = [el("li", icon("chevron_right"), el("span", _who(one.employee_id, known, seen), " ",
                    el("span", _brought(one, words), class_="muted")),
                    money(one.amount_fen) if one.amount_fen else el("span"))
                 for one in outcomes]  # fmt: skip
        more = _more(seen.closing.people[rule_id], words, "muted small")
        parts.append(
            el("div", el("h3", rule), el("ul", items, class_="feed"), more, class_="stack tight")
        )
    note = None if seen.closed_utc_ms else el("p", words("lists_open"), class_="muted small")
    return _card("lists", el("div", note, parts, class_="card-body stack"), words)


def _brought(one: Outcome, words: Words) -> str:
    texts = [one.explanation.row, one.tag, one.task]
    told = [words.language.pick(text.zh, text.en) for text in texts if text]
    if 0 < one.amount_fen < one.explanation.gross_fen:
        told.append(words("short", yuan=yuan_text(one.explanation.gross_fen)))
    return " · ".join(told)


def _weeks(seen: Review, known: Mapping[str, str], words: Words) -> Markup | None:
    if not seen.weeks:
        return None
    columns = [el("th", words(key), scope="col", class_="num" if key in {"rewarded", "late"} else None)
               for key in ("week", "rewarded", "late")]  # fmt: skip
    rows = []
    for week in seen.weeks:
        dates = f"{date_text(week.first_date, words.language)} – {date_text(week.last_date, words.language)}"
        lates = [f"{known.get(who, who)} {n}" for who, n in week.latest.items()]
        late = el("td", f"{week.late_count:,}", class_="num", data_label=words("late"),
                  title=words.language.pick("、", ", ").join(lates) or None)  # fmt: skip
        rows.append(el("tr", el("td", dates, class_="lead"),
                       money(week.amount_fen, "td", words("rewarded")), late))  # fmt: skip
    return _card("weeks", _table(columns, rows), words)


def _members(seen: Review, known: Mapping[str, str], words: Words, *, may_edit: bool) -> Markup:
    items = []
    for one in seen.members:
        name = known.get(one.employee_id, one.employee_id)
        at = plain_date(one.left_date or one.joined_date, words.language)
        about = words("gone" if one.left_date else "since", day=at)
        leave = el("button", words("leave"), class_="button slim", type="button", data_act="leave",
                   data_value=one.employee_id, aria_label=f"{words('leave')} {name}",
                   data_confirm=words("leave_question", who=name), data_yes=words("yes"),
                   data_no=words("no")) if may_edit and not one.left_date else el("span")  # fmt: skip
        items.append(el("li", icon("person"), el("span", _who(one.employee_id, known, seen), " ",
                        el("span", about, class_="muted small")), leave, data_key=one.employee_id))  # fmt: skip
    form = None
    if may_edit:
        form = el("div", el("form",
                     el("label", words("people"), el("input", name="people", required=True), class_="field"),
                     el("button", words("join"), type="submit", class_="button"),
                     el("button", words("join_all"), type="button", class_="button", data_act="join_all"),
                     data_submit="join", class_="inline-form"), class_="card-body")  # fmt: skip
    return _card(
        "members",
        join([form, el("ul", items, class_="feed"), _more(seen.members_count, words)]),
        words,
    )


def _more(count: int, words: Words, look: str = "card-body muted") -> Markup | None:
    if count <= SHOWN:
        return None
    return el("p", words("more", n=f"{count - SHOWN:,}"), class_=look)


def _table(columns: Sequence[Markup], rows: Sequence[Markup]) -> Markup:
    table = el(
        "table", el("thead", el("tr", columns)), el("tbody", rows), class_="cards dense four"
    )
    return el("div", table, class_="scroll")


def _card(title: str, body: Markup, words: Words) -> Markup:
    return el("section", el("div", el("h2", words(title)), class_="card-head"), body, class_="card")


def _done(said: str) -> Markup | None:
    return el("div", el("span", said, role="status"), class_="done") if said else None
