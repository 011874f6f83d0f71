"""What the commands about rules say, in Chinese and in English."""

from __future__ import annotations

from typing import Final

RULES: Final[dict[str, tuple[str, str]]] = {
    "rule_line": (
        "{rule} 第 {version} 版 {name}:{since} 至 {until}",
        "{rule} version {version} {name}: {since} to {until}",
    ),
    "draft_line": (
        "草稿 {number} {rule} {state},起草人 {author}",
        "draft {number} {rule} {state}, by {author}",
    ),
    "rule_is_sound": ("{rule}:没有问题", "{rule}: nothing to say"),
    "error": ("错误", "error"),
    "warning": ("提醒", "warning"),
    "draft_proposed": (
        "草稿 {number} 已提交;请另一个人执行 daka-hq rule approve {number} --approver 姓名",
        "draft {number} is proposed; a second person runs daka-hq rule approve {number} --approver NAME",
    ),
    "rule_published": (
        "{rule} 第 {version} 版自 {since} 起生效,已通知相关门店",
        "{rule} version {version} is in force from {since}; the stores concerned are told",
    ),
    "no_such_rule": ("没有规则“{rule}”", "there is no rule {rule!r}"),
    "tried": (
        "{first} 至 {last}:{days} 个人日,{people} 人",
        "{first} to {last}: {days} employee-days, {people} people",
    ),
    "own": (
        "单独看:命中 {hits} 次,奖励 {rewards} 元,扣减 {deductions} 元",
        "by itself: {hits} hits, rewards {rewards} yuan, deductions {deductions} yuan",
    ),
    "cost": (
        "与现行规则相比:{before} → {after} 元,差额 {change} 元",
        "against the rules in force: {before} -> {after} yuan, a difference of {change}",
    ),
    "people_changed": (
        "变多 {winners} 人,变少 {losers} 人",
        "{winners} people get more, {losers} less",
    ),
    "side": ("  {id}:{before} → {after}({change})", "  {id}: {before} -> {after} ({change})"),
    "store_side": (
        "  门店 {id}:{before} → {after}({change})",
        "  store {id}: {before} -> {after} ({change})",
    ),
    "day_side": (
        "  例:{id} {date} {before} → {after}({change})",
        "  e.g. {id} {date}: {before} -> {after} ({change})",
    ),
}
"""Phrases by name: (Chinese, English)."""
