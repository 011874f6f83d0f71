"""What `daka-agent init` says and asks, in Chinese and in English."""

from __future__ import annotations

from typing import Final

from agent.words import Table

WIZARD_WORDS: Final[Table] = {
    "welcome": (
        "为这台门店盒子写设置文件 {path}。直接回车采用方括号里的值；填的内容会当场试用。",
        "Writing the settings to {path}. Enter takes what is in brackets; answers are tried at once.",
    ),
    "unattended": ("写设置文件 {path}", "writing the settings to {path}"),
    "ask_data_dir": ("数据放在哪个目录", "Folder for its data"),
    "ask_claim": (
        "总部给的认领码或二维码地址（没有就直接回车）",
        "Claim code, or the address in its QR code, from headquarters (Enter: none)",
    ),
    "ask_hq": ("总部网页的地址，如 https://hq.example.com", "Address of headquarters' pages"),
    "ask_box": ("盒子编号（全公司唯一，如 box-001）", "This box's id, unique (such as box-001)"),
    "ask_org": ("组织代号（与总部一致）", "The organisation's id, as at headquarters"),
    "ask_store": ("门店编号（与总部一致，如 S001）", "The store's id, as at headquarters"),
    "ask_zone": ("门店时区", "The store's time zone"),
    "ask_mqtt": (
        "消息服务器，如 mqtts://hq.example.com",
        "The broker, such as mqtts://hq.example.com",
    ),
    "ask_username": ("用户名（没有就直接回车）", "User name there (Enter: none)"),
    "ask_password": (
        "密码（不显示，存入只有本用户可读的文件）",
        "Password (kept in a private file)",
    ),
    "ask_terminal": (
        "再加一台考勤机，如 tcp://192.168.1.201:4370（没有就直接回车）",
        "Another terminal, such as tcp://192.168.1.201:4370 (Enter: none)",
    ),
    "ask_pos": ("收银导出目录（没有就直接回车）", "Folder of till exports (Enter: none)"),
    "ask_name": ("给它起个名字，如 前门", "A name for it, such as front door"),
    "ask_comm_key": ("它的通讯密码（Comm Key）", "Its Comm Key"),
    "claimed": (
        "已认领：盒子 {box}，门店 {store}，组织 {org}；密钥在本机生成",
        "claimed: box {box} of store {store}, organisation {org}; its key was made here",
    ),
    "line_works": ("消息服务器接受连接", "the broker lets this box in"),
    "keep_line": ("先保留这个设置，以后再查", "Keep it as it is and look later"),
    "look": ("现在查找店内网络里的考勤机", "Look for terminals on this network now"),
    "looking": ("正在查找 {networks} ……", "looking at {networks} ..."),
    "none_found": ("没有找到考勤机", "no terminal was found"),
    "unusable": (
        "{place}：暂不能直接使用；先做：{advice}",
        "{place}: not usable yet; first: {advice}",
    ),
    "add": ("加入 {place}", "Add {place}"),
    "keep_device": ("仍然加入 {name}", "Add {name} all the same"),
    "does_not_work": ("不行：{what}", "this does not work: {what}"),
    "missing": ("缺少 {option}", "{option} is missing"),
    "written": ("已写入 {path}，设备 {devices} 台", "wrote {path}, devices: {devices}"),
    "next": (
        "下一步：daka-agent doctor -c {config}  检查整条链路",
        "next: daka-agent doctor -c {config}  examines the whole chain",
    ),
}
