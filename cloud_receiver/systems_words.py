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
    "payroll_none": ("还没有导出过工资文件", "nothing was exported to payroll yet"),
}
