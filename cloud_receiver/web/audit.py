"""The way back from an entry as plain data, for machines and auditors."""

from __future__ import annotations

import json

from cloud_receiver.store.why import RawRecord, Why


def structure(found: Why) -> dict[str, object]:
    """Return the same way back as plain data, for machines and auditors."""
    entry = found.entry
    return {
        "entry_no": entry.entry_no,
        "entry_id": entry.entry_id,
        "employee_id": entry.employee_id,
        "work_date": entry.work_date,
        "account": entry.account,
        "contra": entry.contra,
        "kind": entry.kind,
        "period": entry.period,
        "for_period": entry.for_period,
        "because": {"zh": found.sentence.zh, "en": found.sentence.en},
        "amount_fen": entry.amount_fen,
        "rule": {"id": entry.rule_id, "version": entry.rule_version, "row": entry.row_id},
        "explanation": json.loads(entry.explanation.to_json()),
        "adjusts": entry.adjusts,
        "hash": entry.hash,
        "previous_hash": entry.previous_hash,
        "records": [_record_structure(record) for record in found.records],
        "lost": list(found.lost),
        "chain": [item.entry_id for item in found.chain],
        "sources": [item.entry_id for item in found.sources],
        "appeals": [{"id": one.appeal_id, "state": one.state.value} for one in found.appeals],
    }


def _record_structure(record: RawRecord) -> dict[str, object]:
    return {
        "record_id": record.record_id,
        "journal_no": record.entry_no,
        "box": record.box_id,
        "epoch": record.epoch,
        "lane": record.lane,
        "seq": record.seq,
        "received_utc_ms": record.received_utc_ms,
        "receipted": record.receipted,
        "effective_utc_ms": record.effective_utc_ms,
        "body": record.body,
    }
