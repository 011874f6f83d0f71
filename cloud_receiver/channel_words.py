"""What the commands about channels say, in Chinese and in English."""

from __future__ import annotations

from typing import Final

CHANNELS: Final[dict[str, tuple[str, str]]] = {
    "no_channels": ("设置文件中没有任何通知渠道", "the settings name no channel"),
    "channel_line": (
        "{channel}:{state};已发 {sent},待发 {waiting},失败 {failed}{quota}{error}",
        "{channel}: {state}; {sent} sent, {waiting} waiting, {failed} failed{quota}{error}",
    ),
    "channel_up": ("正常", "up"),
    "channel_down": ("不通", "down"),
    "channel_unused": ("尚未使用", "not used yet"),
    "channel_quota": (
        ";本月已调用 {calls} 次,额度 {quota},剩余 {left}",
        "; {calls} of {quota} calls this month, {left} left",
    ),
    "channel_error": (";最近错误:{error}", "; last error: {error}"),
    "channel_tested": ("已通过 {channel} 发给 {target}:{text}", "sent through {channel} to {target}: {text}"),
    "channel_retried": ("{channel}:{count} 条将重新发送", "{channel}: {count} will be sent again"),
    "channel_test_text": (
        "打卡系统测试消息({when}),收到即表示渠道已接通",
        "test message of Daka ({when}): the channel works",
    ),
    "dingtalk_nothing": ("钉钉没有这些日期的数据", "DingTalk has nothing of these dates"),
    "payroll_written_line": (
        "{employee} {name}:奖金 {bonus},补贴扣减 {subsidy},{state} {detail}",
        "{employee} {name}: bonus {bonus}, subsidy {subsidy}, {state} {detail}",
    ),
    "payroll_new": ("将写入", "will be written"),
    "payroll_taken": ("已写入钉钉薪酬", "written into DingTalk's payroll"),
    "payroll_same": ("钉钉已有,未重发", "there already, not sent again"),
    "payroll_refused": ("未写入:", "not written:"),
    "standin_ready": (
        "替身已就绪:{url},填入 endpoint;app_key {app},AppSecret {secret},agent_id 1;Ctrl-C 结束",
        "stand-in ready: {url}, the endpoint; app_key {app}, AppSecret {secret}, agent_id 1; Ctrl-C ends it",
    ),
    "standin_heard": ("{where} ← {text}", "{where} <- {text}"),
}  # fmt: skip
