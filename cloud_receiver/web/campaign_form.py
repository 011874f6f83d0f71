"""The form of a campaign: what it is called, when and where it runs, what it may cost; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cloud_receiver.domain.budgets import Share
from cloud_receiver.domain.campaigns import Campaign, Targets
from cloud_receiver.domain.scores import PARTS, SHIPPED_SCORING
from cloud_receiver.store.names import Store
from cloud_receiver.web.markup import Attribute, Child, Markup, el
from cloud_receiver.web.rule_texts import SCENES
from cloud_receiver.web.texts import Language, Texts, Words
from sync.money import yuan_text

TEXTS: Final[Texts] = {
    "name": ("名称", "Name"),
    "first": ("从", "From"),
    "last": ("到", "To"),
    "scene": ("门店类型", "Kind of store"),
    "any_scene": ("不限", "any"),
    "stores": ("门店(不勾为全部)", "Stores (none ticked: all)"),
    "budget": ("奖励预算(元,空为不限)", "Budget (yuan, empty: no limit)"),
    "share": ("预算不够时", "When it is not enough"),
    "share_pro_rata": ("结算奖励按比例少发", "rewards of the closing shrink alike"),
    "share_first_come": ("按名次先到先得", "the first places are served first"),
    "share_hint": (
        "奖池 = 预算:先按工作日期付每天的奖励,剩下的付结算奖励(名次、达标)。不够时按这里的办法分,总额不会超出。",
        "The prize pool is the budget: rewards of the days come first, by work date; what is left pays those of the closing (ranks, targets). When it is not enough it is shared as chosen here, never exceeded.",
    ),
    "weight_attendance": ("考勤权重", "Weight of attendance"),
    "weight_sales": ("业绩权重", "Weight of sales"),
    "weight_feedback": ("反馈权重", "Weight of feedback"),
    "member_target": ("每人目标(元,空为按每日目标)", "Target of each member (yuan, empty: the days')"),
    "store_target": ("{store}的目标(元),成员平分", "Target of {store} (yuan), shared"),
    "enter": ("保存", "Save"),
}  # fmt: skip


def draw_form(
    one: Campaign | None, shops: Sequence[Store], today: str, language: Language
) -> Markup:
    """Return the form of a campaign, or of a new one."""
    words = Words(TEXTS, language)
    scoring = one.scoring if one else SHIPPED_SCORING
    budget = _plain_yuan(one.budget.amount_fen) if one and one.budget else ""
    targets = (one.targets if one else None) or Targets()
    fields: list[Child] = [
        _field("name", one.name if one else "", words, required=True, maxlength="80"),
        _field("first", one.first_date if one else today, words, type="date", required=True),
        _field("last", one.last_date if one else today, words, type="date", required=True),
        _scene(one.scene if one else "", words),
        _field("budget", budget, words, inputmode="decimal"),
        _share(one, words),
        _field("member_target", _plain_yuan(targets.member_fen), words, inputmode="decimal"),
        *(_field(part, str(getattr(scoring, part)), words, f"weight_{part}", type="number", min="0", max="1000")
          for part in PARTS),
    ]  # fmt: skip
    ticks = [
        el("label", el("input", type="checkbox", name="stores[]", value=shop.store_id,
                       checked=bool(one and shop.store_id in one.stores)), shop.name,
           el("input", name=f"target/{shop.store_id}", inputmode="decimal", size=8,
              value=_plain_yuan(targets.stores.get(shop.store_id, 0)),
              aria_label=words("store_target", store=shop.name),
              placeholder=words("store_target", store="")), class_="tick")
        for shop in shops
    ]  # fmt: skip
    where = el("details", el("summary", words("stores")), el("div", ticks, class_="row"))
    save = el("button", words("enter"), type="submit", class_="button main")
    hint = el("p", words("share_hint"), class_="small muted")
    return el("form", el("div", fields, class_="inline-form"), hint, where, el("div", save, class_="row"),
              data_submit="enter", class_="stack")  # fmt: skip


def _scene(chosen: str, words: Words) -> Markup:
    """Return the choice of a kind of store; one that a file brought stays to choose."""
    known = {key: words.language.pick(*pair) for key, pair in SCENES.items()}
    named = {chosen: chosen, **known, "": words("any_scene")}
    options = [el("option", name, value=key, selected=key == chosen) for key, name in named.items()]
    return el("label", words("scene"), el("select", options, name="scene"), class_="field")


def _share(one: Campaign | None, words: Words) -> Markup:
    """Return the choice of how too small a budget is shared."""
    chosen = one.budget.share if one and one.budget else Share.PRO_RATA
    options = [
        el("option", words(f"share_{share}"), value=share.value, selected=share is chosen)
        for share in Share
    ]
    return el("label", words("share"), el("select", options, name="share"), class_="field")


def _plain_yuan(fen: int) -> str:
    """Return an amount as it is typed, empty for none."""
    return yuan_text(fen).replace(",", "") if fen else ""


def _field(name: str, value: str, words: Words, label: str = "", **attributes: Attribute) -> Markup:
    control = el("input", name=name, value=value, **attributes)
    return el("label", words(label or name), control, class_="field")
