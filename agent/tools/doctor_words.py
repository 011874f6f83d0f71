"""What `daka-agent doctor` says to people, in Chinese and in English."""

from __future__ import annotations

from typing import Final

from agent.words import Table

DOCTOR_WORDS: Final[Table] = {
    "verdict_pass": ("[通过]", "[pass]"),
    "verdict_fail": ("[失败]", "[FAIL]"),
    "verdict_skip": ("[跳过]", "[skip]"),
    "all_well": ("整条链路正常", "the whole chain holds"),
    "trouble": (
        "{count} 处有问题，请按提示处理",
        "{count} to be looked at, see what is said above",
    ),
    "not_reached": ("前面一步不通，未检查", "not looked at: a link before it does not hold"),
    "settings_hold": ("设置文件 {path} 有效", "the settings file {path} holds"),
    "settings_fail": ("设置文件不对：{why}", "the settings do not hold: {why}"),
    "settings_remedy": ("改正后再运行 doctor", "correct it and run doctor again"),
    "disk_holds": (
        "磁盘 {folder} 可写，剩余 {free_mb} MB",
        "disk: {folder} takes files, {free_mb} MB free",
    ),
    "disk_refuses": ("磁盘 {folder} 不能写：{why}", "disk: {folder} takes no file: {why}"),
    "disk_remedy": (
        "检查目录权限；若提示只读，存储卡可能损坏，请更换",
        "look at the folder's owner; a read-only disk may be a dying card: replace it",
    ),
    "disk_full": (
        "磁盘 {folder} 只剩 {free_mb} MB（须保留 {keep_mb} MB）",
        "disk: {folder} has {free_mb} MB free, {keep_mb} MB must stay",
    ),
    "room_remedy": ("清理磁盘；记录仍在设备里", "free space; the devices keep their records"),
    "clock_kept": ("时钟 {now}，自动校时正常", "clock: {now}, kept right by a time service"),
    "clock_unkept": (
        "时钟 {now}，没有自动校时",
        "clock: {now}, and no time service keeps it right",
    ),
    "clock_unkept_unknown": (
        "时钟 {now}；本机没有可以询问的校时服务",
        "clock: {now}; there is no time service to be asked",
    ),
    "clock_unset": ("时钟未设置：{now}", "clock: not set, it shows {now}"),
    "clock_remedy": (
        "开启校时（timedatectl set-ntp true），检查时间服务器；校准前照常采集，补正后上传",
        "timedatectl set-ntp true, and see that its server answers; records are kept meanwhile",
    ),
    "outbox_sound": (
        "本地数据库完好，待传 {waiting}，共采集 {captured}",
        "outbox: sound, {waiting} waiting, {captured} captured",
    ),
    "outbox_new": ("还没有本地数据库（尚未运行过）", "outbox: none yet, the agent has not run"),
    "outbox_damaged": ("本地数据库损坏：{why}", "outbox: damaged: {why}"),
    "outbox_remedy": (
        "重启采集程序：它会把坏文件另存并重读所有设备",
        "restart the agent: it sets the file aside and reads all devices again",
    ),
    "outbox_aside": ("有另存的损坏数据库：{files}", "damaged outboxes were set aside: {files}"),
    "aside_remedy": (
        "检查存储卡；确认数据齐全后可删除这些文件",
        "look at the card; delete the files once nothing is missing at headquarters",
    ),
    "no_devices": ("没有配置任何设备", "no device is set up"),
    "no_devices_remedy": (
        "运行 daka-agent discover 查找",
        "run daka-agent discover to find them",
    ),
    "device_holds": (
        "{name}：{source}，时钟差 {offset_s} 秒，记录 {records}/{capacity}，{read_s} 秒前读取",
        "{name}: {source}, clock {offset_s} s, {records} of {capacity} records, read {read_s} s ago",
    ),
    "device_untold": ("{name}：尚未读取", "{name}: not read yet"),
    "device_fails": ("{name}：{why}", "{name}: {why}"),
    "device_remedy": (
        '按上面的提示处理；详查：daka-agent probe "{name}"',
        'do what is said there; more: daka-agent probe "{name}"',
    ),
    "device_clock": (
        "{name}：{source} 的时钟差 {offset_s} 秒",
        "{name}: the clock of {source} is {offset_s} s off",
    ),
    "device_clock_remedy": (
        "daka-agent terminal clock 可校准；打卡按测得的差值自动更正",
        "daka-agent terminal clock sets it; punches are corrected by what was measured",
    ),
    "device_nearly_full": (
        "{name}：记录 {records}/{capacity}，快满了",
        "{name}: {records} of {capacity} records, nearly full",
    ),
    "device_full_remedy": (
        "确认总部已收齐后，在设备菜单里清除旧考勤记录",
        "see that headquarters has everything, then clear old records in its menu",
    ),
    "dns_holds": ("域名 {host} → {addresses}", "name: {host} is {addresses}"),
    "dns_fails": ("域名 {host} 解析失败：{why}", "name: {host} is not known: {why}"),
    "dns_remedy": ("检查网络和 DNS，以及 [mqtt] url", "look at the line, the DNS and [mqtt] url"),
    "tcp_holds": ("{host}:{port} 可连接", "port: {host}:{port} answers"),
    "tcp_fails": ("{host}:{port} 连不上：{why}", "port: {host}:{port} does not answer: {why}"),
    "tcp_remedy": ("检查防火墙和端口", "look at the firewall and the port"),
    "no_tls": ("未使用 TLS（mqtt://）", "certificates: the line is not encrypted (mqtt://)"),
    "tls_fails": ("{host} 的证书不被接受：{why}", "certificates: {host} is refused: {why}"),
    "tls_remedy": (
        "检查 ca_file、证书文件与主机名",
        "look at ca_file, the certificate files and the host's name",
    ),
    "certificate_holds": (
        "证书（{whose}）有效到 {until}，还有 {days} 天",
        "certificate of the {whose}: until {until}, {days} days",
    ),
    "expires_soon": (
        "证书（{whose}）{until} 到期，还有 {days} 天",
        "certificate of the {whose}: ends {until}, in {days} days",
    ),
    "renew_remedy": ("请尽快更换证书", "renew it now"),
    "connect_holds": (
        "消息服务器接受连接（MQTT {version}）",
        "broker: lets us in (MQTT {version})",
    ),
    "connect_refused": ("消息服务器拒绝连接：{why}", "broker: refuses us: {why}"),
    "connect_remedy": (
        "检查用户名、密码或证书是否属于盒子 {box}",
        "see that user name, password or certificate are those of box {box}",
    ),
    "own_allowed": ("可以使用自己的主题", "access: its own topics are allowed"),
    "own_refused": ("自己的主题 {topic} 被拒绝：{why}", "access: {topic} is refused: {why}"),
    "other_refused": (
        "不能使用其他盒子的主题（正确）",
        "access: other boxes' topics are refused, as they should be",
    ),
    "other_allowed": (
        "可以冒充其他盒子：{topic} 未被拒绝（{why}）",
        "access: it may speak for another box: {topic} was not refused ({why})",
    ),
    "acl_remedy": (
        "在总部更新消息服务器的访问控制表",
        "at headquarters, see to the broker's access list",
    ),
    "no_reasons": (
        "MQTT 3.1.1 不说明拒绝原因，未检查",
        "access: MQTT 3.1.1 does not tell refusals, not looked at",
    ),
    "receiver_online": ("总部接收程序在线", "receiver: online"),
    "receiver_away": ("总部接收程序不在线", "receiver: nobody listens for {org}"),
    "receiver_remedy": (
        "请总部检查 daka-hq 是否运行、组织代号是否为 {org}",
        "at headquarters: does daka-hq run, for organisation {org}? records are kept meanwhile",
    ),
    "echo_came": ("往返总部数据库 {ms} 毫秒", "echo: through headquarters' database in {ms} ms"),
    "echo_lost": ("{seconds} 秒内没有回音", "echo: nothing came back within {seconds} s"),
}
