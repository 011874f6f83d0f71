"""What each resource of the API shows and takes, on both databases."""

from __future__ import annotations

from typing import Any

from cloud_receiver.domain.workday import local_to_utc_ms
from cloud_receiver.web.api.service import PREFIX
from tests.integration.evaluate.conftest import ZONE

MONDAY, TUESDAY = "2026-11-23", "2026-11-24"
LATE = f"late_standard/E1/{MONDAY}#1"


def _all(office: Any, path: str, limit: int = 1) -> list[Any]:
    """Follow a list page by page."""
    found, after = [], ""
    while True:
        page = office.get(f"{path}{'&' if '?' in path else '?'}limit={limit}&after={after}")
        found += page["items"]
        if page["next"] is None:
            return found
        after = page["next"]


def test_employees_and_stores_are_written_and_read(office) -> None:
    body = {"name": "赵敏", "store_id": "S2"}
    assert office.send("PUT", "/employees/E9", body) == {"changed": 1}
    assert office.send("PUT", "/employees/E9", body) == {"changed": 0}
    assert office.get("/employees/E9") == {
        "employee_id": "E9", "name": "赵敏", "store_id": "S2", "language": "zh", "active": True, "left_date": None,
    }  # fmt: skip
    assert [one["employee_id"] for one in _all(office, "/employees")] == ["E1", "E2", "E9"]
    assert [one["employee_id"] for one in _all(office, "/employees?store_id=S2")] == ["E9"]
    store = {"name": "三店", "scene": "community", "fence_m": 200,
             "latitude_microdeg": 31_230_416, "longitude_microdeg": 121_473_701}  # fmt: skip
    assert office.send("PUT", "/stores/S3", store) == {"changed": 1}
    assert office.get("/stores/S3")["fence_m"] == 200
    assert [one["store_id"] for one in _all(office, "/stores")] == ["S1", "S2", "S3"]


def test_who_will_leave_is_there_until_then(office) -> None:
    leaving = {"name": "李强", "store_id": "S1", "active": False, "since": TUESDAY}
    assert office.send("PUT", "/employees/E2", leaving) == {"changed": 1}
    assert office.send("PUT", "/employees/E2", leaving) == {"changed": 0}
    shown = office.get("/employees/E2")
    assert (shown["active"], shown["left_date"]) == (True, TUESDAY)
    hours = {"shifts": [{"start": "09:00", "end": "18:00"}]}
    assert office.send("PUT", f"/rosters/E2/{MONDAY}", hours) == {"changed": 1}
    told = office.send("PUT", f"/rosters/E2/{TUESDAY}", hours, 409)
    assert (told["field"], TUESDAY in told["detail"]) == ("work_date", True)
    office.at(f"{TUESDAY}T08:00")
    assert office.get("/employees/E2")["active"] is False
    stays = leaving | {"active": True}
    assert office.send("PUT", "/employees/E2", stays) == {"changed": 1}
    shown = office.get("/employees/E2")
    assert (shown["active"], shown["left_date"]) == (True, None)
    assert office.send("PUT", f"/rosters/E2/{TUESDAY}", hours) == {"changed": 1}


def test_refusals_name_field_and_remedy_in_both_languages(office) -> None:
    told = office.send("PUT", "/employees/E9", {"name": "赵敏", "store_id": "S7"}, 409)
    assert (told["code"], told["field"]) == ("conflict", "store_id")
    assert "no store 'S7'" in told["detail"]
    assert told["remedy"]
    zh = {"Accept-Language": "zh-CN,zh;q=0.9"}
    told = office.send("PUT", "/employees/E9", {"name": "", "store_id": "S1"}, 422, headers=zh)
    assert (told["code"], told["field"]) == ("invalid", "name")
    assert told["remedy"].startswith("请")
    half = {"name": "x", "scene": "y", "fence_m": 100}
    assert office.send("PUT", "/stores/S3", half, 422)["field"] == "fence_m"
    wrong = {"name": "x", "scene": "y", "zone": "Moon/Sea"}
    assert office.send("PUT", "/stores/S3", wrong, 422)["field"] == "zone"
    assert office.get("/stores/S8", 404)["code"] == "not_found"
    assert office.get("/nothing", 404)["code"] == "not_found"
    assert office.send("DELETE", "/stores/S1", None, 405)["code"] == "method"
    assert office.get("/ledger?after=x", 422)["field"] == "after"


def test_rosters_targets_and_subsidies(office) -> None:
    day = {"shifts": [{"start": "09:00", "end": "13:00"}, {"start": "14:00", "end": "18:00"}],
           "target_fen": 45_000}  # fmt: skip
    assert office.send("PUT", f"/rosters/E2/{TUESDAY}", day) == {"changed": 1}
    assert office.send("PUT", f"/rosters/E2/{TUESDAY}", day) == {"changed": 0}
    amounts = {"subsidy_fen": 10_000}
    assert office.send("PUT", f"/rosters/E2/{TUESDAY}/amounts", amounts) == {"changed": 1}
    (shown,) = _all(office, f"/rosters?employee_id=E2&first_date={TUESDAY}&last_date={TUESDAY}")
    assert (shown["target_fen"], shown["subsidy_fen"], shown["version"]) == (45_000, 10_000, 2)
    assert [one["start"] for one in shown["shifts"]] == ["09:00", "14:00"]
    assert shown["author"] == "api:erp"
    assert office.send("PUT", f"/rosters/E2/{TUESDAY}", {"shifts": []}) == {"changed": 1}
    clash = {"shifts": [{"start": "09:00", "end": "13:00"}, {"start": "12:00", "end": "18:00"}]}
    assert office.send("PUT", f"/rosters/E2/{TUESDAY}", clash, 422)["field"] == "shifts"
    assert office.send("DELETE", f"/rosters/E2/{TUESDAY}", None) == {"changed": 1}
    assert office.send("DELETE", f"/rosters/E2/{TUESDAY}", None) == {"changed": 0}
    (shown,) = _all(office, f"/rosters?employee_id=E2&first_date={TUESDAY}&last_date={TUESDAY}")
    assert (shown["planned"], shown["shifts"], shown["version"]) == (False, [], 4)
    off = office.send("PUT", "/rosters/E2/2026-11-25/amounts", amounts, 409)
    assert "no roster on 2026-11-25" in off["detail"]


def test_punches_days_and_their_evidence(office) -> None:
    punches = _all(office, "/punches?employee_id=E1")
    assert [one["device_time"] for one in punches] == [f"{MONDAY}T09:20:00", f"{MONDAY}T18:02:00"]
    day = office.get(f"/days/E1/{MONDAY}")
    assert day["facts"]["late_min"] == 20
    assert day["evidence"]["punches"] == [one["record_id"] for one in punches]
    assert [one["work_date"] for one in _all(office, "/days?store_id=S1")] == [MONDAY]
    assert office.get("/days/E1/2026-01-01", 404)["code"] == "not_found"


def test_a_booking_says_why_down_to_the_raw_record(office) -> None:
    entries = _all(office, "/ledger?employee_id=E1")
    late = next(one for one in entries if one["entry_id"] == LATE)
    assert (late["amount_fen"], late["period"]) == (-1000, "2026-11")
    why = office.get("/why", params={"entry_id": LATE})["document"]
    assert {record["kind"] for record in why["records"]} == {"punch", "sale"}
    assert "20" in why["sentence"]["en"]
    assert office.get("/why", 404, params={"entry_id": "x#1"})["code"] == "not_found"
    balances = {one["account"]: one["amount_fen"] for one in _all(office, "/balances?owner=E1")}
    assert balances == {"instant": 5000, "subsidy": -1000}
    statement = office.get("/statements/E1/2026-11")["document"]
    assert [line["entry_id"] for line in statement["lines"]] == [one["entry_id"] for one in entries]
    assert office.get("/statements/E7/2026-11", 404)["code"] == "not_found"


def test_payroll_exports_are_listed_shown_and_fetched(office) -> None:
    office.close_november()
    (listed,) = _all(office, "/payroll/exports?period=2026-11")
    shown = office.get(f"/payroll/exports/{listed['export_no']}")["document"]
    assert shown["totals_fen"] == {"E1": {"bonus": 0, "subsidy": -1000}}
    file = office.client.get(f"{PREFIX}/payroll/exports/{listed['export_no']}/file?lang=en")
    assert file.headers["content-type"].startswith("text/csv")
    assert listed["content_sha256"] in file.text
    book = office.client.get(f"{PREFIX}/payroll/exports/{listed['export_no']}/file?form=xlsx")
    assert book.content.startswith(b"PK")
    assert office.get("/payroll/exports/99", 404)["code"] == "not_found"


def test_boxes_notices_campaigns_and_the_caller(office) -> None:
    assert office.get("/me")["name"] == "api:erp"
    assert office.get("/boxes") == []
    assert any("迟到" in one["text_zh"] for one in _all(office, "/notices?target_id=E1"))
    assert office.get("/campaigns") == {"items": [], "next": None}
    assert office.get("/campaigns/c", 404)["code"] == "not_found"


def test_entries_count_once_by_their_key(office) -> None:
    at_utc_ms = local_to_utc_ms(f"{MONDAY}T08:50", ZONE)
    arrival = {"kind": "arrival", "employee_id": "E1", "store_id": "S1",
               "at_utc_ms": at_utc_ms, "reason": "停电"}  # fmt: skip
    key = {"Idempotency-Key": "a-1"}
    first = office.send("POST", "/entries", arrival, headers=key)
    assert office.send("POST", "/entries", arrival, headers=key) == first
    other = office.send("POST", "/entries", arrival | {"reason": "x"}, 409, headers=key)
    assert other["field"] == "Idempotency-Key"
    office.evaluate()
    assert [one["source"] for one in _all(office, "/punches?employee_id=E1")] == [
        None, None, "BOSS",
    ]  # fmt: skip
    nobody = arrival | {"employee_id": "E7"}
    assert office.send("POST", "/entries", nobody, 409)["field"] == "employee_id"
    assert office.send("POST", "/entries", {"kind": "dance"}, 422)["code"] == "invalid"
    leave = {"kind": "leave", "employee_id": "E2", "purpose": "annual",
             "first_date": "2026-11-30", "last_date": "2026-11-24"}  # fmt: skip
    assert office.send("POST", "/entries", leave, 422)["code"] == "invalid"
    feedback = {"kind": "feedback", "channel": "erp", "msg_id": "1", "store_id": "S1",
                "said_utc_ms": at_utc_ms, "rating_milli": 1000}  # fmt: skip
    said = office.send("POST", "/entries", feedback)
    assert office.send("POST", "/entries", feedback) == said


def test_files_are_imported_with_a_report_by_line(office) -> None:
    def post(kind: str, text: str, query: str = "", status: int = 200, language: str = "zh") -> Any:
        answer = office.client.post(
            f"{PREFIX}/imports/{kind}{query}", content=text.encode(),
            headers={"Content-Type": "text/csv", "Accept-Language": language},
        )  # fmt: skip
        assert answer.status_code == status, answer.text
        return answer.json()

    targets = f"工号,日期,当日目标,当日补贴\nE1,{MONDAY},450.00,\nE2,{MONDAY},1,\nE7,{MONDAY},1,\n"
    trial = post("targets", targets, "?dry_run=true")
    assert (trial["changed"], trial["is_dry_run"]) == (1, True)
    done = post("targets", targets)
    assert [(one["line"], one["field"]) for one in done["errors"]] == [
        (3, "work_date"), (4, "employee_id"),
    ]  # fmt: skip
    (day,) = _all(office, f"/rosters?employee_id=E1&first_date={MONDAY}")
    assert (day["target_fen"], day["subsidy_fen"]) == (45_000, 10_000)
    assert post("targets", targets)["changed"] == 0
    assert post("employees", "工号,姓名,门店编号\nE5,孙丽,S1\n")["changed"] == 1
    told = post("employees", "姓名\n孙丽\n", status=422)
    assert told["field"] == "file"
    assert told["detail"].startswith("employees.csv:缺少列:工号、门店编号;第一行应是表头")
    told = post("employees", "姓名\n孙丽\n", status=422, language="en")
    assert told["detail"].startswith("employees.csv: missing column employee_id (工号), store_id")


def test_unchanged_answers_cost_nothing(office) -> None:
    first = office.client.get(f"{PREFIX}/stores")
    again = office.client.get(f"{PREFIX}/stores", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    office.send("PUT", "/stores/S3", {"name": "三店", "scene": "community"})
    changed = office.client.get(
        f"{PREFIX}/stores", headers={"If-None-Match": first.headers["etag"]}
    )
    assert changed.status_code == 200
