"""What the commands towards other systems say, in Chinese and in English."""

from __future__ import annotations

from typing import Final

SYSTEMS: Final[dict[str, tuple[str, str]]] = {
    "payroll_line": (
        "{number} {period} {state} {author} {at} SHA-256 {sha256}",
        "{number} {period} {state} {author} {at} SHA-256 {sha256}",
    ),
    "payroll_final": ("正式", "final"),
    "payroll_provisional": ("试算(尚未封账)", "provisional (the month is open)"),
    "payroll_total": (
        "{employee} {name}：奖金 {bonus}，补贴扣减 {subsidy}",
        "{employee} {name}: bonus {bonus}, subsidy {subsidy}",
    ),
    "payroll_change": (
        "  变化 {employee} {date} {title}：{before} → {after}，{why}",
        "  changed {employee} {date} {title}: {before} -> {after}, {why}",
    ),
    "payroll_written": ("已写入 {file}（SHA-256 {sha256}）", "written {file} (SHA-256 {sha256})"),
    "key_made": ("{name} 的密钥（只显示这一次）：", "key of {name}, shown this once:"),
    "key_good": ("有效", "good"),
    "key_revoked": ("已作废", "revoked"),
    "key_line": (
        "{name} {state} {at} {author}：{scopes}",
        "{name} {state} {at} {author}: {scopes}",
    ),
    "key_none": ("还没有密钥", "there are no keys yet"),
    "key_gone": ("{name} 的密钥已作废", "the key of {name} opens nothing any more"),
    "webhook_made": (
        "订阅 {webhook} 已建立，签名密钥：",
        "subscription {webhook} made; its signing secret:",
    ),
    "webhook_line": (
        "{webhook} {url} 已送达 {through}，失败 {attempts} 次：{kinds}",
        "{webhook} {url} told through {through}, {attempts} failures now: {kinds}",
    ),
    "webhook_delivery": (
        "  {at} {change} {outcome} {detail}",
        "  {at} {change} {outcome} {detail}",
    ),
    "webhook_untried": ("还没有发送过", "nothing was sent yet"),
    "webhook_retried": (
        "{webhook}：第 {through} 号之后的变化马上发送",
        "{webhook}: changes after {through} are told at once",
    ),
    "webhook_none": ("还没有订阅", "there are no subscriptions yet"),
    "webhook_gone": ("订阅 {webhook} 已删除", "subscription {webhook} removed"),
    "webhook_test": ("{webhook}：{outcome} {detail}", "{webhook}: {outcome} {detail}"),
    "payroll_none": ("还没有导出过工资文件", "nothing was exported to payroll yet"),
}
