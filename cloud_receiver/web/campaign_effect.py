"""What a campaign came to: what it cost, who won, and how its members sold beside before; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from cloud_receiver.domain.workday import shift_date
from cloud_receiver.store.campaign_review import Review
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import icon, plain_date
from cloud_receiver.web.texts import Language, Texts, Words
from sync.money import yuan_text

WINNERS: Final = 3
"""Places named; all of them stand below."""
TEXTS: Final[Texts] = {
    "review": ("活动复盘", "Review"),
    "so_far": ("到目前为止", "So far"),
    "cost": (
        "共花费 {sum} 元,参加的 {n} 人人均 {each} 元。",
        "It cost {sum} yuan: {each} yuan for each of its {n} members.",
    ),
    "won": ("名次在前的:", "First: "),
    "place": ("第 {place} 名 ", "{place}. "),
    "tied": (" 等 {n} 人并列", " and others, {n} people alike"),
    "nobody": ("还没有人排上名次。", "Nobody is placed yet."),
    "sold": (
        "成员出勤日人均销售 {now} 元;活动前同样长的一段是 {before} 元({change})。",
        "A member sold {now} yuan a day worked; in as many days before it was {before} yuan ({change}).",
    ),
    "no_before": (
        "成员出勤日人均销售 {now} 元;活动前没有可比的数据。",
        "A member sold {now} yuan a day worked; there is nothing before to compare with.",
    ),
    "archived": (
        "{since}之前的逐日考勤已归档,这里不做活动前后的销售对比,每周的迟到也不含归档的日子;花费和名次不受影响。",
        ("Days before {since} are archived: sales before and after are not compared here, and weeks leave out the late "
         "days that are archived. Cost and places are complete."),
    ),
    "caution": (
        "这是同一批人的前后对比,不能证明变化都由活动带来;季节和客流也会起作用。",
        "The same people before and after: season and visitors change sales too, so this proves no cause.",
    ),
}  # fmt: skip


def draw_effect(seen: Review, known: Mapping[str, str], language: Language) -> Markup:
    """Return the card."""
    words = Words(TEXTS, language)
    cost_fen = seen.spent_fen + seen.closing.reward_fen
    members = seen.members_count
    cost = words(
        "cost", sum=yuan_text(cost_fen), n=f"{members:,}", each=yuan_text(cost_fen // max(1, members))
    )  # fmt: skip
    items = (("payments", cost), ("emoji_events", _winners(seen, known, words)),
             ("query_stats", _sold(seen, words)))  # fmt: skip
    told = el("ul", [el("li", icon(picture), el("span", text)) for picture, text in items],
              class_="findings")  # fmt: skip
    caution = el("p", words("caution"), class_="small muted")
    title = words("so_far" if seen.closed_utc_ms is None else "review")
    return el("section", el("div", el("h2", title), class_="card-head"),
              el("div", told, caution, class_="card-body stack tight"), class_="card")  # fmt: skip


def _winners(seen: Review, known: Mapping[str, str], words: Words) -> Markup | str:
    by_place: dict[int, list[str]] = {}
    for one in seen.standings:
        if 0 < one.place <= WINNERS:
            by_place.setdefault(one.place, []).append(one.employee_id)
    if not by_place:
        return words("nobody")
    told = [
        _placed(place, people, known, seen, words) for place, people in sorted(by_place.items())
    ]
    between = words.language.pick(";", "; ")
    listed = [[between if number else None, one] for number, one in enumerate(told)]
    return el("span", words("won"), listed, class_="prose")


def _placed(
    place: int, people: list[str], known: Mapping[str, str], seen: Review, words: Words
) -> Markup:
    """Return who shares a place; of many the first few, and how many they are."""
    month, between = seen.campaign.last_date[:7], words.language.pick("、", ", ")
    named = [
        el("a", known.get(one, one), href=f"/people/{quote(one)}?month={month}")
        for one in people[:WINNERS]
    ]
    tied = seen.tied.get(place, 0)
    rest = words("tied", n=f"{tied:,}") if tied > WINNERS else None
    listed = [[between if number else None, one] for number, one in enumerate(named)]
    return el("span", words("place", place=place), listed, rest)


def _sold(seen: Review, words: Words) -> str:
    if shift_date(seen.campaign.first_date, -seen.campaign.days) < seen.online_from:
        return words("archived", since=plain_date(seen.online_from, words.language))
    now, before = seen.during.a_day_fen, seen.before.a_day_fen
    if not before:
        return words("no_before", now=yuan_text(now))
    change_bp = (now - before) * 10_000 // before
    sign = "+" if change_bp > 0 else "−" if change_bp < 0 else "±"
    change = f"{sign}{abs(change_bp) / 100:.1f}%"
    return words("sold", now=yuan_text(now), before=yuan_text(before), change=change)
