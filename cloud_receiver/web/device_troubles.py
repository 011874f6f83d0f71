"""Why a device cannot be read and what to do, in Chinese; drivers say it in English, with a code."""

from __future__ import annotations

import re
from typing import Final

from cloud_receiver.web.texts import Language, Texts

_CODE: Final = re.compile(r" \(([a-z0-9_]+)\)\. ")
"""`drivers.errors.DriverError` puts the code between what happened and what to do."""
SENTENCES: Final = {
    "timeout": "没有应答。请检查设备电源、网线或串口线,以及地址是否变了;会自动再试。",
    "refused": "设备拒绝连接。请看它是否开机、端口是否正确;它也可能正在重启。",
    "no_route": "网络不通。请检查网线、交换机和设备地址。",
    "reset": "连接被断开。可能有别的程序在用它,或它重启了。",
    "no_port": "找不到串口。请看转接头是否插好、路径是否正确。",
    "unplugged": "串口转接头好像被拔掉了,请插好。",
    "link": "连接出错,会自动再试。",
    "closed": "连接已断开,会自动再试。",
    "permission": "没有权限。请给采集程序的账号开权限(串口加入 dialout 组)。",
    "port_busy": "串口被别的程序占用,请停掉那个程序。",
    "unknown_host": "找不到这个主机名,请检查名称。",
    "access_mode": "打卡机处于门禁模式,不保存考勤记录。请改为考勤模式,或用 driver = zkpush 让它主动上传。",
    "device_error": "打卡机答复出错,会自动再试。",
    "encrypted": "打卡机固件要求加密连接。请改为主动上传:把本盒子设为它的云服务器(ADMS),并用 driver = zkpush。",
    "no_greeting": "能连上,但它不像打卡机那样应答。多半有别的程序占着它:一台打卡机只能归一个程序。",
    "no_log": "打卡机不支持导出记录。请用 U 盘导出后导入文件。",
    "no_serial": "打卡机不报自己的序列号。请把标签上的序列号写进设备设置的 serial。",
    "not_a_terminal": "这个地址上不是打卡机。请检查设备设置里的地址和端口。",
    "session_lost": "打卡机忘了这次连接:它重启了,或有别的程序连了它。一台打卡机只能归一个程序。",
    "unauthorised": "打卡机不接受通讯密码。请按它菜单里的密码(通讯 > 电脑连接)填写 comm_key。",
    "log_changed": "读取途中记录变了,会从头再读,不会丢失。",
    "size": "打卡机给出的记录大小不对,会再读;记录仍在机器里。",
    "total": "打卡机的记录总数对不上,会再读;记录仍在机器里。",
    "length": "打卡机发来的数据长度不对,会重新连接。若一直这样,请检查网线、交换机和打卡机供电。",
    "checksum": "打卡机发来的数据校验不符,会重新连接。若一直这样,请检查网线、交换机和打卡机供电。",
    "magic": "打卡机发来的数据不成样子,会重新连接。若一直这样,请检查网线、交换机和打卡机供电。",
    "late": "打卡机的应答来得太晚,会重新连接。",
    "order": "打卡机发来的数据缺了一段,会重新连接。",
    "answer": "打卡机答非所问,会重新连接。",
    "unknown_layout": "打卡机的记录格式不认识。请记下型号和固件版本,告诉技术支持;记录仍在机器里。",
    "counters": "打卡机的记录计数没有意义,会再问一次。若一直这样,请记下型号和固件版本。",
    "device_failed": "打卡机答复失败,稍后会再问。若一直这样,请重启打卡机。",
    "echo_only": "线路只返回我们自己的数据。请检查 RS-485 的 A、B 线和设备号。",
    "garbled": "应答不完整。请检查波特率、线缆、终端电阻,以及有没有别的程序占用线路。",
    "two_devices": "两台打卡机用了同一个设备号。请在菜单里改成不同的号。",
    "foreign_protocol": "线路上的数据不是这种设备的。请检查端口上接的设备、波特率和预置方案。",
    "address": "应答的模块地址与设置不同。请把它的地址写进 address。",
    "baud": "模块的波特率与设置不同。请把它的波特率写进 url。",
    "module_failed": "指纹模块无法就绪。请断电重启;若一直这样,请更换。",
    "module_restarted": "指纹模块刚才可能断过电,会重新连接。请检查供电。",
    "password": "指纹模块不接受密码。请把它的密码写进 password。",
    "silent": "没有指纹模块应答。请检查供电(按标签 3.3 V 或 5 V)和 TX/RX 接线。",
    "no_listen": "无法在这个地址接收。请用 0.0.0.0 或本盒子的地址,端口大于 1023。",
    "port_taken": "端口被别的程序占用。请在 listen 里换一个端口。",
    "file_denied": "没有权限读这个文件。请给采集程序的账号读权限。",
    "file_unreadable": "文件读不出来,会再试。",
    "folder_denied": "没有权限读这个文件夹。请给采集程序的账号读权限。",
    "no_folder": "打不开文件夹。请看它是否存在、共享是否已挂载。",
    "too_many_files": "文件夹里的导出文件太多,只读了最近改动的。请把旧文件移走。",
    "too_large": "压缩包太大,请拆开。",
    "bad_archive": "压缩包打不开。请重新复制或导出。",
    "closed_archive": "压缩包有密码。请不加密码重新打包。",
    "no_sheet": "表格里没有设置的工作表。请核对字段对照表的 sheet。",
    "other_columns": "文件的列与字段对照表不符。请改对照表或缩小文件名范围;daka-agent pos learn 可以给出建议。",
    "not_attlog": "这个文件不是考勤记录,或已加密。请不加密重新导出,或缩小文件名范围。",
    "unknown_terminal": "文件没有说明是哪台打卡机。请在设备设置里写 serial 或 terminals,或把文件命名为 序列号_attlog.dat。",
}  # fmt: skip


DRIVERS: Final[Texts] = {
    "zkteco": ("中控打卡机", "ZKTeco terminal"),
    "zkpush": ("中控打卡机(主动上传)", "ZKTeco terminal, pushing"),
    "anviz": ("安威士打卡机", "Anviz terminal"),
    "attlogfile": ("打卡记录文件", "Punch file"),
    "posfile": ("收银文件", "Till files"),
    "serialline": ("串口考勤机", "Terminal on a serial line"),
    "fingermodule": ("指纹模块", "Fingerprint module"),
}
"""What kinds of devices are called."""
_POSITIONS: Final = (
    (re.compile(r"(.*)(?:line|row|record) (\d+)"), "{}第 {} 行"),
    (re.compile(r"end of the attendance log"), "考勤记录末尾"),
    (re.compile(r"attendance log"), "考勤记录"),
    (re.compile(r"terminal (.+)"), "打卡机 {}"),
)


def driver_text(driver: str, language: Language) -> str:
    """Return what a kind of device is called; one nobody knows by its own name."""
    return language.pick(*DRIVERS[driver]) if driver in DRIVERS else driver


def position_text(position: str, language: Language) -> str:
    """Return where in a source something stood.

    >>> position_text("line 42", Language.ZH), position_text("line 42", Language.EN)
    ('第 42 行', 'line 42')
    """
    for form, zh in _POSITIONS if language is Language.ZH else ():
        if found := form.fullmatch(position):
            return zh.format(*found.groups())
    return position


def device_text(detail: str, language: Language) -> str:
    """Return what a box says of a device, in the reader's language where its code is known.

    >>> device_text("10.0.0.9:4370: no answer in time (timeout). It is tried again.", Language.ZH)
    '没有应答。请检查设备电源、网线或串口线,以及地址是否变了;会自动再试。'
    """
    found = _CODE.search(f"{detail} ")
    if language is Language.EN or found is None:
        return detail
    return SENTENCES.get(found[1], detail)
