"""What headquarters' commands say to people, in Chinese and in English."""

from __future__ import annotations

from typing import Final

from cloud_receiver.campaign_words import CAMPAIGNS
from cloud_receiver.channel_words import CHANNELS
from cloud_receiver.domain.roles import ROLE_NAMES
from cloud_receiver.phone_words import PHONES
from cloud_receiver.planning_words import PLANNING
from cloud_receiver.rule_words import RULES
from cloud_receiver.safekeeping_words import SAFEKEEPING
from cloud_receiver.systems_words import SYSTEMS
from sync.speech import LANGUAGES

_MINUTES_A_DAY: Final = 24 * 60

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "database_ready": ("数据库就绪：{url}", "database ready: {url}"),
    "administrator_made": ("已建立管理员 {login}", "administrator {login} made"),
    "administrator_stands": (
        "管理员 {login} 已存在，未改动",
        "administrator {login} is there already, left as it is",
    ),
    "password_once": (
        "密码（只显示这一次）：{password}",
        "password (shown this once): {password}",
    ),
    "password_changed": ("已更换 {login} 的密码", "password of {login} changed"),
    "ask_password": ("{login} 的密码", "password of {login}"),
    "start_next": ("下一步：{command}", "next: {command}"),
    "imported": (
        "{source}：{lines} 行，{changed} 项有变化，{errors} 行有误",
        "{source}: {lines} lines, {changed} changed, {errors} left out",
    ),
    "trial": ("（试运行，未写入）", "(dry run, nothing written)"),
    "line_error": ("{source} 第 {line} 行 {field}：{text}", "{source} line {line} {field}: {text}"),
    "totals": (
        "日志 {records} 条，问题信件 {letters}，门店上报异常 {troubles}",
        "{records} records in the journal, {letters} dead letters, {troubles} troubles of boxes",
    ),
    "no_boxes": ("还没有门店盒子报到", "no box has reported yet"),
    "online": ("在线", "online"),
    "offline": ("离线，{age}前最后联系", "offline, last heard of {age} ago"),
    "silent": ("尚无心跳", "no heartbeat yet"),
    "waiting": ("{count} 条待传，最早 {age}前", "{count} waiting, oldest {age}"),
    "nothing_waiting": ("没有待传记录", "nothing waiting"),
    "device": ("  {name}（{driver}）{status} {detail}", "  {name} ({driver}) {status} {detail}"),
    "wished": (
        "已记下对 {box} 的设置，第 {version} 版",
        "noted for {box}: settings version {version}",
    ),
    "nothing_wished": ("总部没有给 {box} 下过设置", "no settings were ever wished of {box}"),
    "wish": ("总部要求（第 {version} 版）：{settings}", "wished (version {version}): {settings}"),
    "not_reported": ("盒子尚未回报", "the box has not reported yet"),
    "in_force": (
        "盒子回报（针对第 {version} 版）：当前生效 {settings}",
        "reported (about version {version}): in force {settings}",
    ),
    "wish_refused": ("盒子拒绝：{reason}", "the box refused: {reason}"),
    "asked": ("已向 {box} 下达命令 {command}", "asked {box}: command {command}"),
    "command_line": (
        "{command} {box} {action} {arguments}：{outcome} {detail}",
        "{command} {box} {action} {arguments}: {outcome} {detail}",
    ),
    "outcome_open": ("等待答复", "no answer yet"),
    "outcome_done": ("完成", "done"),
    "outcome_refused": ("被拒绝", "refused"),
    "outcome_failed": ("失败", "failed"),
    "outcome_expired": ("已过期", "expired"),
    "no_such_command": ("没有命令 {command}", "there is no command {command}"),
    "retired": (
        "{source} 已停用：门店 {store} 的考勤不再等它",
        "{source} is out of service: store {store} no longer waits for it",
    ),
    "back_in_service": ("{source} 恢复使用（门店 {store}）", "{source} is back (store {store})"),
    "gap": (
        "{gap} 门店 {store} {source}：{first} 至 {last} 无人接收；核实人 {who}",
        "{gap} store {store} {source}: nobody listened {first} to {last}; closed by {who}",
    ),
    "no_gaps": ("没有缺口", "no gaps"),
    "no_such_gap": ("没有未核实的缺口 {gap}", "there is no open gap {gap}"),
    "gap_closed": ("缺口 {gap} 已核实", "gap {gap} closed"),
    "broker_written": (
        "已写入 {settings}；请在 mosquitto.conf 中 include_dir 或以 -c 启动",
        "written {settings}; start Mosquitto with -c, or include it from mosquitto.conf",
    ),
    "receiver_keys": (
        "接收器 {receiver}：在 hq.toml 的 [mqtt] 中写入",
        "receiver {receiver}: put into [mqtt] of hq.toml",
    ),
    "claim_made": (
        "采集盒 {box}（门店 {store}）的一次性领取码，{hours} 小时内有效：",
        "one-time code for box {box} (store {store}), good for {hours} h:",
    ),
    "claim_use": ("在采集盒上执行：{command}", "on the box: {command}"),
    "claim_open": ("可用", "open"),
    "claim_redeemed": ("已使用", "used"),
    "claim_withdrawn": ("已作废", "withdrawn"),
    "claim_expired": ("已过期", "expired"),
    "no_claims": ("还没有领取码", "no claim codes yet"),
    "claim_gone": ("领取码 {claim} 已作废", "claim {claim} withdrawn"),
    "revoked": ("已吊销：{why}", "revoked: {why}"),
    "revoked_now": (
        "已吊销 {subject} 的 {count} 张证书；重启 broker 后生效（不会丢失任何记录）",
        "{count} certificate(s) of {subject} revoked; restart the broker to shut it out (nothing is lost)",
    ),
    "retry_which": (
        "请给出编号,或用 --code 给出原因(二选一)",
        "name letters by number, or all of a reason with --code (one of the two)",
    ),
    "retry_read": (
        "{number}:已读入,新增 {new} 条记录",
        "{number}: read, {new} new records",
    ),
    "retry_unread": (
        "{number}:仍读不懂({code}):{detail}",
        "{number}: still cannot be read ({code}): {detail}",
    ),
    "service_installed": (
        "服务 {name} 已安装并启动；查看：systemctl status {name}，日志：journalctl --namespace=daka -u {name}",
        "service {name} installed and started; see systemctl status {name} and journalctl --namespace=daka -u {name}",
    ),
    "service_removed": ("服务 {name} 已移除，数据保留", "service {name} removed, its data stays"),
    "account_made": ("已建立账号 {login}（{role}）", "account {login} made ({role})"),
    "account_removed": ("已删除账号 {login}", "account {login} removed"),
    "role_changed": (
        "{login} 现在是 {role}，需重新登录",
        "{login} is now {role}, and must log in again",
    ),
    **{f"role_{role}": (name.zh, name.en) for role, name in ROLE_NAMES.items()},
    "no_letters": ("没有问题信件", "no dead letters"),
    **PHONES,
    **PLANNING,
    **CAMPAIGNS,
    "no_such_employee": ("没有员工 {employee}", "there is no employee {employee}"),
    "no_such_time": (
        "{text}:请写成 2026-11-23 与 2026-11-23T09:05",
        "{text}: write 2026-11-23 and 2026-11-23T09:05",
    ),
    "stood": (
        "{who} {date},截至 {at} 所知:{status}({final}),迟到 {late} 分,早退 {early} 分,在岗 {worked} 分",
        "{who} {date}, as known at {at}: {status} ({final}), {late} min late, {early} min early, {worked} min worked",
    ),
    "final": ("已定", "final"),
    "not_final": ("未定", "not final"),
    "as_of_then": (
        "  按当时所知:门店 {store}(场景 {scene}),考勤组 {team},活动 {campaign}",
        "  as known then: store {store} (scene {scene}), team {team}, campaign {campaign}",
    ),
    "as_of_awaited": (
        "  当时在等门店 {store} 的数据;{since} 起齐全",
        "  data of store {store} was awaited then; it is complete since {since}",
    ),
    "as_of_awaited_still": (
        "  当时在等门店 {store} 的数据,至今还没有齐全",
        "  data of store {store} was awaited then, and still is",
    ),
    "as_of_feeds": (
        "  数据何时齐全从 {since} 开始记录;更早的时候,今天已齐全的当时也算齐全,除非有后来才到的打卡表明不是",
        "  since when feeds are complete is kept since {since}; before, one counts as complete unless a touch that came later shows it was not",
    ),
    "as_of_before": (
        "  门店、所属门店、考勤组和活动的历史从 {since} 开始保存;更早的时候按那时的情况",
        "  the history of stores, home stores, teams and campaigns is kept since {since}; before, what stood at that time is taken",
    ),
    "rebuilding": (
        "{seconds} 秒:已核对 {records} 条记录、{days} 个人日",
        "{seconds} s: {records} records and {days} employee-days proven",
    ),
    "rebuilt": (
        "已核对 {records} 条记录,重算 {days} 个人日;其中 {amiss} 个重新判定并记账;改正活动累计 {sums} 处",
        "{records} records proven, {days} employee-days computed anew; {amiss} judged and booked again; {sums} sums of campaigns put right",
    ),
    **CHANNELS,
    **RULES,
    **SYSTEMS,
    **SAFEKEEPING,
    "no_such_letter": ("没有编号为 {number} 的问题信件", "there is no dead letter {number}"),
    "ledger_trouble": ("台账有问题：{trouble}", "the ledger does not hold: {trouble}"),
    "ledger_holds": (
        "台账 {entries} 条分录全部核验无误",
        "the ledger holds: {entries} entries verified",
    ),
    "ledger_payment": (
        "{employee}：奖金 {bonus}，补贴 {subsidy}；结转 {carried_forward}，延后 {deferred}，冻结 {held}",
        "{employee}: bonus {bonus}, subsidy {subsidy}; carried {carried_forward}, deferred {deferred}, held {held}",
    ),
    "ledger_closed": ("{period} 已封账，{people} 人", "{period} is closed for {people} people"),
    "ledger_close_look": (
        "请留意：{days} 个人日结果未定，{appeals} 个申诉未裁定，未登记月工资的人：{wages}",
        "have a look: {days} days not final, {appeals} open appeals, wages not entered: {wages}",
    ),
    "ledger_paid": ("{period} 工资已结算，{people} 人", "payroll of {period} settled for {people}"),
    "ledger_withdrawal": (
        "{employee} 提取 {amount} 元（{request}）：{state}",
        "{employee} withdraws {amount} yuan ({request}): {state}",
    ),
    "appeal_line": (
        "{appeal} {entry} {amount}元 {state},{due} 前裁定;{last}",
        "{appeal} {entry} {amount} yuan: {state}, to be decided by {due}; {last}",
    ),
    "appeal_over": (
        "{appeal} {entry} {amount}元 {state};{last}",
        "{appeal} {entry} {amount} yuan: {state}; {last}",
    ),
    "appeal_overdue": (
        "{appeal} {entry} {amount}元 {state},应于 {due} 前裁定,已超期;{last}",
        "{appeal} {entry} {amount} yuan: {state}, overdue since {due}; {last}",
    ),
    "ledger_anchor": (
        "台账锚点 {date}：{entries} 条，末端 {hash}",
        "ledger anchor {date}: {entries} entries, end {hash}",
    ),
}


class Words:
    """The words of one language."""

    def __init__(self, language: str) -> None:
        assert language in LANGUAGES, language
        self.language = language

    def say(self, key: str, **values: object) -> str:
        """Return a sentence with its values filled in."""
        return _WORDS[key][LANGUAGES.index(self.language)].format(**values)

    def age(self, milliseconds: int) -> str:
        """Return how long something takes, in the two largest units."""
        minutes = max(0, milliseconds) // 60_000
        days, minutes_of_day = divmod(minutes, _MINUTES_A_DAY)
        hours, minute = divmod(minutes_of_day, 60)
        day, hour, unit = ("天", "小时", "分") if self.language == "zh" else (" d", " h", " min")
        if days:
            return f"{days}{day} {hours}{hour}"
        return f"{hours}{hour} {minute}{unit}" if hours else f"{minute}{unit}"
