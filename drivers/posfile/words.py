"""Words tills use for the columns, kinds and times of their exports, in Chinese and English."""

from __future__ import annotations

from typing import Final

FIELD_WORDS: Final = {
    "original_receipt_id": ("原小票号", "原单号", "original receipt", "original invoice", "refund of"),
    "receipt_id": (
        "小票号", "小票", "流水号", "单据号", "订单号", "单号", "交易号",
        "receipt id", "receipt no", "receipt", "invoice id", "invoice no", "invoice",
        "transaction id", "bill no", "bill", "order id", "order no", "ticket",
    ),
    "line_no": ("行号", "序号", "项次", "line no", "line number", "line", "seq"),
    "register_id": (
        "收银机号", "收银机", "机号", "款台", "pos机号",
        "register", "till", "terminal", "pos no", "pos id", "pos", "lane", "branch",
    ),
    "sold_at": (
        "销售时间", "交易时间", "结账时间", "日期时间",
        "sold at", "datetime", "date time", "timestamp", "sale time",
    ),
    "date": ("销售日期", "交易日期", "日期", "sale date", "date", "day"),
    "clock": ("时间", "time", "hour"),
    "seller_code": (
        "导购员", "营业员", "促销员", "收银员", "员工号", "工号",
        "salesperson", "seller", "sales rep", "cashier", "operator", "clerk", "staff",
    ),
    "item_code": (
        "商品编码", "商品条码", "商品编号", "条码", "货号", "品名", "商品",
        "item code", "sku", "barcode", "product code", "item", "product line", "product",
    ),
    "quantity": ("销售数量", "数量", "quantity", "qty", "units", "pieces"),
    "amount": (
        "实收金额", "实付金额", "销售金额", "金额", "实收",
        "line total", "net amount", "total", "amount", "amt", "net", "sales",
    ),
    "kind": ("交易类型", "单据类型", "类型", "transaction type", "kind", "type"),
}  # fmt: skip
"""What a column may be called, the surest word first; earlier fields choose first."""

BRANCH_WORDS: Final = ("门店编号", "门店", "店号", "分店", "store", "shop", "branch")
"""What a column that tells stores apart may be called; a register may stand in it too."""

EXACT_FIELDS: Final = frozenset({"kind", "clock"})
"""A customer's type or a delivery time only contain the word."""

KIND_WORDS: Final = {
    "sale": ("", "sale", "s", "normal", "销售", "正常", "0"),
    "refund": ("refund", "return", "r", "退货", "退款", "退"),
    "void": ("void", "cancel", "cancelled", "canceled", "v", "作废", "取消"),
    "correction": ("correction", "adjustment", "adjust", "c", "更正", "调整", "冲正"),
}

_DATES: Final = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日",
    "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y",
)  # fmt: skip
_CLOCKS: Final = (
    " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", " %H%M%S", "%H%M%S",
    "T%H:%M:%S", "T%H:%M:%S.%f", "",
)  # fmt: skip
TIME_FORMATS: Final = tuple(date + clock for clock in _CLOCKS for date in _DATES)
