"""What the commands about shifts, rosters, calendar and completeness say, in both languages."""

from __future__ import annotations

from typing import Final

PLANNING: Final[dict[str, tuple[str, str]]] = {
    "shift_added": ("班次 {shift}:{hours},已保存", "shift {shift}: {hours}, kept"),
    "shift_same": ("班次 {shift} 没有变化", "shift {shift} is as it was"),
    "shift_withdrawn": ("班次 {shift} 已停用;已排的班不变", "shift {shift} is used no more; rosters stay"),
    "shift_unknown": ("没有班次“{shift}”", "there is no shift {shift!r}"),
    "no_shifts": ("还没有班次,例如:{example}", "there are no shifts yet; for instance: {example}"),
    "shift_line": ("{shift}  {name}  {hours}  {more}", "{shift}  {name}  {hours}  {more}"),
    "by_whom": ("  第 {version} 版 {when} {author}{state}", "  version {version} {when} {author}{state}"),
    "withdrawn": ("(停用)", " (withdrawn)"),
    "roster_change": ("{employee} {date}:{before} → {after}", "{employee} {date}: {before} -> {after}"),
    "roster_none": ("未排班", "no roster"),
    "roster_rest": ("休", "rest"),
    "roster_laid": ("{days} 天,其中 {changed} 天有变化", "{days} days, {changed} of them changed"),
    "roster_more": ("……另有 {count} 天", "... and {count} more days"),
    "roster_overlap": (
        "{employee} {date} 的班次互相重叠,什么都没有写入",
        "{employee} {date}: shifts overlap; nothing was written",
    ),
    "labour_warning": ("提示:{employee} {month} {text}", "note: {employee} {month} {text}"),
    "labour_more": ("提示:另有 {count} 条用工时间提示", "note: {count} more about working hours"),
    "no_versions": ("没有排班记录", "there is no roster"),
    "part_shifts": ("班次", "shifts"),
    "part_settings": ("设置", "settings"),
    "part_store": ("门店", "store"),
    "part_target": ("目标", "target"),
    "part_subsidy": ("补贴", "subsidy"),
    "difference": ("    {part}:{before} → {after}", "    {part}: {before} -> {after}"),
    "calendar_line": ("{date} {weekday} {kind} {name}{own}{doubt}", "{date} {weekday} {kind} {name}{own}{doubt}"),
    "calendar_own": (" [总部指定]", " [said by headquarters]"),
    "calendar_said": ("{count} 天有变化", "{count} dates changed"),
    "calendar_later": (
        "已排的班不会自动改变;需要时请重新按规律排班",
        "rosters that stand do not change by themselves; lay the pattern again where they should",
    ),
    "template_written": ("模板已写入 {path}", "template written to {path}"),
    "compared": (
        "一致 {agreed} 天,不一致 {differ} 天,我方尚无结论 {unjudged} 天",
        "{agreed} days agree, {differ} differ, {unjudged} not judged here yet",
    ),
    "compared_archived": (
        "另有 {n} 天在归档里,现在读不到:{why}",
        "{n} days more are in the archive, which cannot be read: {why}",
    ),
    "disagreement": (
        "{employee} {date}:{origin} {theirs}(迟到 {their_late} 分)/ 本系统 {ours}(迟到 {our_late} 分) [{file} 第 {line} 行]",
        "{employee} {date}: {origin} {theirs} ({their_late} min late) / ours {ours} ({our_late} min late) [{file} line {line}]",
    ),
    "policy_default": ("默认(第一版之前):", "default, before the first version:"),
    "policy_from": ("自 {date} 起:", "from {date} on:"),
    "policy_kept": ("已保存,自 {date} 起生效;这天起的考勤将重新判定", "kept, from {date} on; days from then on are judged anew"),
    "policy_same": ("自 {date} 起本来就是这样,没有变化", "that is how it was from {date} on"),
    "heard_legend": (
        "{first} 至 {last}  {complete} 完整 {partly} 到一部分 {nothing} 未到 {gap} 可能有缺 {to_come} 未来 {no_source} 没有数据来源",
        "{first} to {last}  {complete} complete {partly} partly {nothing} nothing {gap} may lack some {to_come} to come {no_source} no source",
    ),
    "heard_line": ("{signs}  {store} {name}  {what}  {count} 条{since}", "{signs}  {store} {name}  {what}  {count} records{since}"),
    "heard_since": (",已 {age} 没有完整数据", ", not complete for {age}"),
    "heard_never": ("从未", "ever"),
    "heard_no_source": ("没有打卡数据来源", "no source of attendance"),
    "heard_awaiting": (
        "{store}:{days} 个人日在等待数据,最早 {first}",
        "{store}: {days} employee-days await data, the earliest {first}",
    ),
    "heard_forgotten": (
        "{store} {name}:主管应登记 {expected} 人到岗,已过时 {age},还没有登记",
        "{store} {name}: the supervisor was to record {expected} arrivals {age} ago and has recorded none",
    ),
}  # fmt: skip
