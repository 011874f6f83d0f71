"""What the commands about campaigns and teams say, in Chinese and in English."""

from __future__ import annotations

from typing import Final

CAMPAIGNS: Final[dict[str, tuple[str, str]]] = {
    "campaign_entered": ("活动 {campaign} 已录入", "campaign {campaign} is entered"),
    "campaign_line": (
        "{campaign} {name}:{first} 至 {last},{people} 人,{state}",
        "{campaign} {name}: {first} to {last}, {people} people, {state}",
    ),
    "campaign_open": ("进行中或未开始", "open"),
    "campaign_closed": ("已结算", "closed"),
    "campaign_scope": ("范围:{scene} {stores}", "where: {scene} {stores}"),
    "campaign_everywhere": ("全部门店", "every store"),
    "campaign_weights": (
        "权重:考勤 {attendance} / 业绩 {sales} / 反馈 {feedback}",
        "weights: attendance {attendance} / sales {sales} / feedback {feedback}",
    ),
    "campaign_budget": ("预算 {amount} 元,剩 {left} 元", "budget {amount} yuan, {left} left"),
    "campaign_member_target": ("每人目标 {amount} 元", "target of each member {amount} yuan"),
    "campaign_store_target": ("门店 {store} 目标 {amount} 元", "target of {store} {amount} yuan"),
    "campaign_member": (
        "{employee} 自 {joined}{left}{ranked}{target}",
        "{employee} since {joined}{left}{ranked}{target}",
    ),
    "member_left": (",{date} 起退出", ", no longer from {date}"),
    "member_unranked": (",不参加排名", ", not ranked"),
    "member_target": (",目标 {amount} 元", ", target {amount} yuan"),
    "standing_line": (
        "{place} {employee}:综合 {score}(考勤 {attendance},业绩 {sales},反馈 {feedback}),销售 {sold}/{target} 元",
        "{place} {employee}: score {score} (attendance {attendance}, sales {sales}, feedback {feedback}), sold {sold}/{target} yuan",
    ),
    "standing_provisional": ("(暂定,活动尚未结算)", "(provisional: the campaign is open)"),
    "standing_none": ("还没有可计分的日子", "no days to score yet"),
    "campaign_joined": ("{count} 人参加", "{count} joined"),
    "campaign_left": (
        "{employee} 自 {date} 起不再参加,名次保留",
        "{employee} no longer takes part from {date}; the place is kept",
    ),
    "team_line": ("{team}:{people}", "{team}: {people}"),
    "teams_changed": ("{count} 人换了考勤组", "{count} are in another team now"),
}
