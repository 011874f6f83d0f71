"""Every table of headquarters, for SQLite and PostgreSQL alike.

Instants are UTC milliseconds (``*_utc_ms``), dates are ``YYYY-MM-DD`` text, money is fen,
documents are JSON text. `journal` and `ledger` are append-only; what `derived`
holds can be rebuilt from the journal, the organisation tables and the rule versions.
"""

from __future__ import annotations

from cloud_receiver.store.tables.archive import archive_part, carried_day
from cloud_receiver.store.tables.campaigns import (
    campaign,
    campaign_member,
    campaign_member_version,
    campaign_sum,
    campaign_version,
    standing,
)
from cloud_receiver.store.tables.catalogue import meta, metadata
from cloud_receiver.store.tables.channels import channel_state, channel_use, contact
from cloud_receiver.store.tables.control import box_command, box_setting
from cloud_receiver.store.tables.decisions import decision
from cloud_receiver.store.tables.derived import (
    IS_ANOMALY,
    IS_NOBODYS,
    IS_ODD,
    IS_OVER,
    IS_REFUND,
    IS_UNDATED,
    OF_CAMPAIGN,
    day_fact,
    dirty,
    entry,
    outcome,
    punch,
    sale,
)
from cloud_receiver.store.tables.incoming import (
    IS_TROUBLE,
    box,
    box_boot,
    dead_letter,
    feed_gap,
    journal,
    journal_digest,
    journal_sheaf,
    lane_mark,
    source,
)
from cloud_receiver.store.tables.law import store_law, wage
from cloud_receiver.store.tables.money import (
    IS_PAYROLL,
    IS_TOLD,
    IS_WITHDRAWAL,
    IS_WRONG,
    anchor,
    balance,
    ledger,
    notice,
    period_close,
)
from cloud_receiver.store.tables.organisation import (
    assignment,
    badge,
    employee,
    employee_version,
    roster,
    rule_version,
    seller,
    store,
    store_version,
)
from cloud_receiver.store.tables.payroll import payroll_export
from cloud_receiver.store.tables.people import account, web_session
from cloud_receiver.store.tables.phones import (
    activation,
    consent,
    correction_wish,
    feedback_door,
    feedback_tag,
    feedback_text,
    photo,
    photo_view,
    retention_run,
)
from cloud_receiver.store.tables.planning import (
    calendar_day,
    imported_result,
    policy_version,
    shift_template,
)
from cloud_receiver.store.tables.provisioning import certificate, claim
from cloud_receiver.store.tables.rights import appeal, appeal_event, signature
from cloud_receiver.store.tables.rulebook import rule_approval, rule_draft
from cloud_receiver.store.tables.systems import (
    api_key,
    change,
    foreign_record,
    payroll_write,
    webhook,
    webhook_delivery,
)

__all__ = [
    "IS_ANOMALY",
    "IS_NOBODYS",
    "IS_ODD",
    "IS_OVER",
    "IS_PAYROLL",
    "IS_REFUND",
    "IS_TOLD",
    "IS_TROUBLE",
    "IS_UNDATED",
    "IS_WITHDRAWAL",
    "IS_WRONG",
    "OF_CAMPAIGN",
    "account",
    "activation",
    "anchor",
    "api_key",
    "appeal",
    "appeal_event",
    "archive_part",
    "assignment",
    "badge",
    "balance",
    "box",
    "box_boot",
    "box_command",
    "box_setting",
    "calendar_day",
    "campaign",
    "campaign_member",
    "campaign_member_version",
    "campaign_sum",
    "campaign_version",
    "carried_day",
    "certificate",
    "change",
    "channel_state",
    "channel_use",
    "claim",
    "consent",
    "contact",
    "correction_wish",
    "day_fact",
    "dead_letter",
    "decision",
    "dirty",
    "employee",
    "employee_version",
    "entry",
    "feed_gap",
    "feedback_door",
    "feedback_tag",
    "feedback_text",
    "foreign_record",
    "imported_result",
    "journal",
    "journal_digest",
    "journal_sheaf",
    "lane_mark",
    "ledger",
    "meta",
    "metadata",
    "notice",
    "outcome",
    "payroll_export",
    "payroll_write",
    "period_close",
    "photo",
    "photo_view",
    "policy_version",
    "punch",
    "retention_run",
    "roster",
    "rule_approval",
    "rule_draft",
    "rule_version",
    "sale",
    "seller",
    "shift_template",
    "signature",
    "source",
    "standing",
    "store",
    "store_law",
    "store_version",
    "wage",
    "web_session",
    "webhook",
    "webhook_delivery",
]
