"""What the installer's commands say to people, in Chinese and in English."""

from __future__ import annotations

from typing import Final

from agent.words import Table, Words, words_for

TOOL_WORDS: Final[Table] = {
    "service_installed": (
        "服务 {name} 已安装并启动；查看：systemctl status {name}，日志：journalctl --namespace=daka -u {name}",
        "service {name} installed and started; see systemctl status {name} and journalctl --namespace=daka -u {name}",
    ),
    "service_removed": ("服务 {name} 已移除，数据保留", "service {name} removed, its data stays"),
    "update_installs": ("正在安装 {version} ……", "installing {version} ..."),
    "update_restarts": (
        "已切换到 {version}，正在重启并观察",
        "switched to {version}, restarting and watching",
    ),
    "update_done": ("{version} 运行正常", "{version} is well and in use"),
    "update_pruned": ("已删除旧版本 {version}", "old version {version} deleted"),
    "update_is_in_use": ("{version} 已在使用", "{version} is in use already"),
    "enrolled": (
        "已领取：采集盒 {box}，门店 {store}，证书有效至 {until}。在设置文件中写入：",
        "let in: box {box}, store {store}, certificate good until {until}. For the settings file:",
    ),
    "renewed": ("证书已更新，有效至 {until}", "certificate renewed, good until {until}"),
    "reading": ("正在读取 {name}（{driver}）……", "reading {name} ({driver}) ..."),
    "listening": (
        "{name} 自身不保存记录：请在 {seconds} 秒内按一次指纹或刷一次卡",
        "{name} keeps no records: touch it once within {seconds} s",
    ),
    "source": ("设备编号 {source_id}", "the device is {source_id}"),
    "clock_offset": ("设备时钟差 {offset}", "its clock is {offset} off"),
    "clock_unknown": ("设备没有报告时间", "it tells no time"),
    "device_records": ("设备自报 {count} 条记录", "it says it holds {count} records"),
    "would_send": (
        "将发送 {count} 条，其中 {rejected} 条无法识别（原样保留）",
        "{count} records would be sent, {rejected} of them unreadable and kept raw",
    ),
    "incomplete": (
        "这次没有读全：设备可能正在写入，采集程序会自动再读",
        "this was not everything: the device may be writing; the agent reads again by itself",
    ),
    "first_rows": ("前 {count} 条", "the first {count}"),
    "last_rows": ("后 {count} 条", "the last {count}"),
    "unread_rows": ("无法识别的前 {count} 处", "the first {count} unreadable pieces"),
    "column_time": ("时间", "time"),
    "column_who": ("人员／小票", "person / receipt"),
    "column_what": ("内容", "content"),
    "column_lane": ("通道", "lane"),
    "column_id": ("记录号", "record id"),
    "column_position": ("位置", "where"),
    "column_reason": ("原因", "why"),
    "down": ("{name}：连不上", "{name}: does not answer"),
    "busy": ("{name}：忙，正被占用", "{name}: busy"),
    "malformed": ("{name}：数据异常", "{name}: answers nonsense"),
    "refused": ("{name}：拒绝访问", "{name}: refuses us"),
    "map_written": (
        "已写入 {path}；把下面的内容加入设置文件：",
        "wrote {path}; add this to the settings file:",
    ),
    "map_reads": ("用这个映射读出的前 {count} 行", "the first {count} rows this map reads"),
    "map_reads_nothing": (
        "还读不出任何一行；请按下面的提示修改",
        "this map reads nothing yet; see what has to be changed below",
    ),
    "column_user": ("工号", "user id"),
    "column_name": ("姓名", "name"),
    "column_number": ("机内序号", "number inside"),
    "column_admin": ("管理员", "administrator"),
    "users_title": ("{count} 人", "{count} people"),
    "count_records": ("考勤记录 {count}（容量 {capacity}）", "records {count} of {capacity}"),
    "count_users": ("人员 {count}（容量 {capacity}）", "people {count} of {capacity}"),
    "count_fingers": ("指纹 {count}（容量 {capacity}）", "fingers {count} of {capacity}"),
    "clock_shows": (
        "设备显示 {time}，与本机相差 {offset}",
        "it shows {time}, {offset} off this machine's clock",
    ),
    "clock_ask": (
        "把设备时间改为 {time}（{zone}）？之前的打卡时间不会改变",
        "set its clock to {time} ({zone})? Punches already made keep their times",
    ),
    "clock_left": ("没有改动", "left as it is"),
    "looking_network": (
        "正在查找 {networks}（{count} 个地址）……",
        "looking at {networks} ({count} addresses) ...",
    ),
    "looking_port": (
        "正在询问 {path}；如接有读卡器或考勤机，请在 {seconds} 秒内刷一次",
        "asking {path}; touch the reader on it, if any, within {seconds} s",
    ),
    "looking_folder": ("正在查看 {path} ……", "looking through {path} ..."),
    "found_nothing": ("没有找到设备", "found nothing"),
    "paste": ("加入设置文件 {path}：", "to paste into {path}:"),
    "do_first": ("  先做：{advice}", "  first: {advice}"),
    "zkteco": (
        "ZKTeco 考勤机 {serial}（{facts}）：按 4370 协议应答",
        "ZKTeco terminal {serial} ({facts}): it answers the protocol of port 4370",
    ),
    "zkteco_key": (
        "ZKTeco 考勤机，需要通讯密码（Comm Key）：{why}",
        "ZKTeco terminal that wants its Comm Key: {why}",
    ),
    "zkteco_encrypted": (
        "ZKTeco 新固件，只接受加密连接：{why}",
        "ZKTeco terminal with encrypted firmware: {why}",
    ),
    "zkteco_no_serial": (
        "ZKTeco 考勤机，不报告序列号：{why}",
        "ZKTeco terminal that does not tell its serial number: {why}",
    ),
    "zkteco_busy": (
        "端口开放但不应答，可能是被其他程序占用的 ZKTeco 考勤机：{why}",
        "open but silent, perhaps a ZKTeco terminal held by another program: {why}",
    ),
    "not_zkteco": ("不是可用的 ZKTeco 考勤机：{why}", "no usable ZKTeco terminal: {why}"),
    "anviz": (
        "Anviz 考勤机 {serial}，机号 {device_id}：按 TC_B 协议应答",
        "Anviz terminal {serial}, number {device_id}: it answers the TC_B protocol",
    ),
    "not_anviz": ("不是可用的 Anviz 考勤机：{why}", "no usable Anviz terminal: {why}"),
    "serial_port": (
        "串口（{adapter}）；用 --probe-serial 询问接的是什么",
        "serial port ({adapter}); --probe-serial asks what is on it",
    ),
    "serial_trouble": ("串口打不开：{why}", "this port cannot be used: {why}"),
    "serial_silent": (
        "串口（{adapter}）：没有应答",
        "serial port ({adapter}): nothing answers or speaks",
    ),
    "serial_stranger": (
        "串口（{adapter}）：听到的是 {stranger}",
        "serial port ({adapter}): it carries {stranger}",
    ),
    "fingermodule": (
        "指纹模块（{family}）：应答了问候",
        "fingerprint module ({family}): it answered the greeting",
    ),
    "serialline": (
        "读卡器或考勤机，格式 {profile} 能读：{heard}",
        "reader or terminal that profile {profile} reads: {heard}",
    ),
    "pos_known": (
        "POS 导出：映射 {map} 读出 {sales} 行，{rejected} 行读不出",
        "POS export: map {map} reads {sales} lines and not {rejected}",
    ),
    "pos_learn": (
        "像是 POS 导出，没有现成的映射，可以学习（试读 {rows} 行）。{notes}",
        "looks like a POS export without a map; one can be learned ({rows} rows tried). {notes}",
    ),
    "pos_unreadable": ("文件打不开：{why}", "cannot be opened: {why}"),
    "pos_known_branch": (
        "POS 导出：映射 {map} 读出 {sales} 行，{rejected} 行读不出；请把 branch 改成文件里代表本店的值",
        "POS export: map {map} reads {sales} lines and not {rejected}; set branch to what the export calls this store",
    ),
    "agent_holds": (
        "采集程序正在运行，可能占用着这台设备；如需试读，请先停止：systemctl stop daka-agent",
        "the agent is running and may hold this device; stop it to try: systemctl stop daka-agent",
    ),
}


def tool_words(lang: str) -> Words:
    """Return the words of the language asked for, else of the environment's."""
    return words_for(lang, TOOL_WORDS)
