"""What the commands about backups, proof and archives say, in Chinese and in English."""

from __future__ import annotations

from typing import Final

SAFEKEEPING: Final[dict[str, tuple[str, str]]] = {
    "journal_holds": (
        "日志核验无误,至 {last} 号,摘要 {sha256}",
        "the journal holds to no. {last}, digest {sha256}",
    ),
    "journal_trouble": ("日志有问题:{trouble}", "the journal does not hold: {trouble}"),
    "journal_unknown": (
        "没有摘要 {sha256}:日志在它发出之后被重写过,或恢复过更早的备份",
        "no digest {sha256} is kept: the journal was rewritten since, or an older backup restored",
    ),
    "backup_made": (
        "已备份到 {folder}:日志 {records} 条,台账 {entries} 条,已核验",
        "backed up to {folder}: {records} records, {entries} ledger entries, checked",
    ),
    "backup_without_authority": (
        "未包含证书机构 {folder}:请用 --authority 另备一份并锁好",
        "without the certificate authority in {folder}: keep one backup with --authority locked up",
    ),
    "restored": (
        "已恢复 {at} 的备份:日志 {records} 条,台账 {entries} 条,已核验",
        "restored the backup of {at}: {records} records, {entries} ledger entries, checked",
    ),
    "restore_aside": ("原数据库改名为 {aside}", "the database that was there is now {aside}"),
    "restore_next": (
        "请启动总部:各盒子会重新发送备份之后的记录;所有人需重新登录;备份之后在总部录入的内容和吊销的证书请补做",
        "start headquarters: boxes send again what came since; redo what people did here since then",
    ),
    "archive_done": (
        "{month} {what}:{rows} 行已归档并核验,数据库中{fate}",
        "{month} {what}: {rows} rows archived and checked, {fate}",
    ),
    "archive_changed": (
        "{month} {what}:归档时有变化,下次再试",
        "{month} {what}: changed while it was archived; the next run tries again",
    ),
    "archive_nothing": (
        "没有可归档的月份:早于 {horizon} 且已封账的才归档",
        "nothing to archive: a month is archived when it is closed and before {horizon}",
    ),
    "archive_too_early": (
        "没有可归档的月份:还没有封账的月份早到可以归档",
        "nothing to archive: no closed month is old enough",
    ),
    "archive_line": (
        "{month} {what}:{files} 个文件 {rows} 行 {megabytes} MB,{fate}",
        "{month} {what}: {files} files, {rows} rows, {megabytes} MB, {fate}",
    ),
    "archive_removed": ("已于 {at} 移出", "removed at {at}"),
    "archive_kept": ("仍保留", "still there"),
    "archive_gone": ("已移出", "removed there"),
    "archive_what_journal": ("原始日志", "journal"),
    "archive_what_day_fact": ("每日考勤", "days"),
    "archive_holds": (
        "归档核验无误:{files} 个文件,位于 {folder}",
        "the archive holds: {files} files in {folder}",
    ),
    "archive_trouble": ("归档有问题:{trouble}", "the archive does not hold: {trouble}"),
    "archive_stranger": (
        "{file} 不属于归档(中断的运行留下的),可以删除",
        "{file} is no part of the archive (a run that was ended left it); it may be deleted",
    ),
    "archive_back": ("已移回 {rows} 行", "{rows} rows brought back"),
}
