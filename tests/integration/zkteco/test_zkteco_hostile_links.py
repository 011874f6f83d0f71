"""Refusals, restarts, other clients, datagrams and events (docs/hostile-inputs.md, 15-19)."""

import threading
import time

import pytest

from bench.rig import wait_until
from drivers.errors import BusyError, DriverError, LinkDownError, RefusedError
from drivers.simulators.zk_terminal import LIVE_BYTES, Touch, encode_touch
from drivers.zkteco.frames import Command
from drivers.zkteco.live import decode_event

MANY = 3000
SOON_S = 5.0


def _rows(readings):
    return [row for reading in readings for row in reading.punches]


def _collect(shop, readings) -> None:
    """Read and keep what came before an error."""
    for reading in shop.driver().read(None):
        readings.append(reading)


def _is_all(readings, count: int) -> bool:
    rows = _rows(readings)
    return len(rows) == count == len(set(rows)) and readings[-1].complete


def test_item_15_a_session_forgotten_midway_is_opened_anew(open_shop) -> None:
    shop = open_shop(10)
    driver = shop.driver()
    shop.simulator.faults.arm("unauth_midway", 1)
    with pytest.raises(LinkDownError, match="forgot this session"):
        list(driver.read(None))
    assert _is_all(list(driver.read(None)), 10)


def test_item_15_a_wrong_comm_key_is_named_and_the_right_one_opens(open_shop) -> None:
    shop = open_shop(10, comm_key=4711)
    with pytest.raises(RefusedError, match="refuses the Comm Key") as caught:
        shop.read(comm_key=12)
    assert caught.value.code == "unauthorised"
    assert _is_all(shop.read(comm_key=4711), 10)


@pytest.mark.parametrize(
    ("fault", "code", "advice"),
    [
        ("encrypted", "encrypted", "push"),
        ("encrypted_2032", "encrypted", "push"),
        ("access_mode", "access_mode", "attendance mode"),
        ("no_buffered_read", "no_log", "USB"),
        ("no_serial", "no_serial", "label"),
    ],
)
def test_item_15_what_needs_a_person_says_what_to_do(
    open_shop, fault: str, code: str, advice: str
) -> None:
    shop = open_shop(10)
    shop.simulator.faults.arm(fault)
    with pytest.raises(RefusedError) as caught:
        shop.read()
    assert caught.value.code == code
    assert advice in caught.value.remedy


def test_item_15_an_error_answer_is_tried_again_later(open_shop) -> None:
    shop = open_shop(10)
    shop.simulator.faults.arm("error_answer")
    with pytest.raises(BusyError, match="2001"):
        shop.read()


def test_a_terminal_that_tells_no_serial_is_read_with_the_one_on_its_label(open_shop) -> None:
    shop = open_shop(10)
    shop.simulator.faults.arm("no_serial")
    assert shop.read(serial="LABEL-1")[-1].source_id == "LABEL-1"


@pytest.mark.parametrize("fault", ["reset", "hang_up", "stall"])
def test_item_16_a_restart_in_mid_chunk_is_a_link_down_and_never_a_short_log(
    open_shop, fault: str
) -> None:
    shop = open_shop(MANY)
    shop.simulator.faults.arm(fault)
    readings = []
    with pytest.raises(LinkDownError):
        _collect(shop, readings)
    assert not any(reading.complete for reading in readings)
    shop.simulator.faults.clear()
    assert _is_all(shop.read(), MANY)


def test_item_16_a_terminal_that_comes_back_is_read_again(open_shop) -> None:
    shop = open_shop(20)
    driver = shop.driver()
    cursor = list(driver.read(None))[-1].cursor
    shop.simulator.stop()
    for _ in range(2):
        with pytest.raises(LinkDownError):
            list(driver.read(cursor))
    again = open_shop(port=shop.simulator.port)
    again.terminal.fill(bytes(shop.terminal.log))
    again.terminal.punch("1001")
    assert len(_rows(list(driver.read(cursor)))) == 1


def test_item_16_a_cable_pulled_while_waiting_is_noticed(open_shop) -> None:
    shop = open_shop(20)
    driver = shop.driver()
    list(driver.read(None))
    threading.Timer(0.1, shop.simulator.cut).start()
    started_s = time.monotonic()
    with pytest.raises(LinkDownError):
        driver.wait(60)
    assert time.monotonic() - started_s < SOON_S
    assert _is_all(list(driver.read(None)), 20)


def test_item_16_a_half_open_link_is_noticed_by_the_check(open_shop) -> None:
    """The terminal lost power: no end arrives, only silence."""
    shop = open_shop(20)
    driver = shop.driver(check_link_s=1, answer_timeout_s=0.3)
    list(driver.read(None))
    shop.simulator.faults.arm("mute")
    with pytest.raises(LinkDownError, match="silent"):
        driver.wait(60)


def test_item_17_a_terminal_held_by_another_client_is_busy(open_shop) -> None:
    shop = open_shop(10, one_client=True)
    first = shop.driver()
    list(first.read(None))
    second = shop.driver()
    with pytest.raises(BusyError, match="another program"):
        list(second.read(None))
    first.close()
    wait_until("the terminal to notice", lambda: _can_read(second), 30)
    assert _is_all(list(second.read(None)), 10)


def _can_read(driver) -> bool:
    try:
        list(driver.read(None))
    except BusyError:
        return False
    return True


def test_item_17_a_connection_closed_at_once_is_busy(shop) -> None:
    shop.simulator.faults.arm("hang_up_at_once")
    with pytest.raises(BusyError, match="one program must own a terminal"):
        shop.read()


def test_item_17_a_refused_connection_is_a_link_down(open_shop) -> None:
    shop = open_shop(10)
    shop.simulator.stop()
    with pytest.raises(LinkDownError) as caught:
        shop.read()
    assert caught.value.code == "refused"


@pytest.mark.parametrize("count", [1, 25, 26, 1637, 1638, MANY])
def test_udp_reads_what_tcp_reads(open_shop, count: int) -> None:
    shop = open_shop(count)
    assert _rows(shop.read(scheme="udp")) == _rows(shop.read())


@pytest.mark.parametrize("fault", ["udp_lost", "udp_duplicated", "udp_reordered", "udp_truncated"])
@pytest.mark.parametrize("times", [1, 3])
def test_item_18_lost_double_and_shuffled_datagrams_are_made_good(
    open_shop, fault: str, times: int
) -> None:
    shop = open_shop(MANY)
    shop.simulator.faults.arm(fault, times)
    assert _is_all(shop.read(scheme="udp"), MANY)


def test_item_18_a_link_that_loses_every_time_is_an_error(open_shop) -> None:
    shop = open_shop(MANY)
    shop.simulator.faults.arm("udp_lost")
    with pytest.raises(LinkDownError):
        shop.read(scheme="udp")


def test_item_18_answers_from_another_port_are_not_believed(open_shop) -> None:
    shop = open_shop(10)
    shop.simulator.faults.arm("udp_other_port")
    with pytest.raises(DriverError) as caught:
        shop.read(scheme="udp")
    assert isinstance(caught.value, LinkDownError | BusyError)


def test_item_18_live_events_come_by_datagram_too(open_shop) -> None:
    shop = open_shop(10)
    driver = shop.driver(scheme="udp")
    cursor = list(driver.read(None))[-1].cursor
    threading.Timer(0.1, shop.terminal.punch, ["1001"]).start()
    assert driver.wait(SOON_S)
    assert len(_rows(list(driver.read(cursor)))) == 1


@pytest.mark.parametrize("length", [*LIVE_BYTES, 33, 80])
def test_item_19_live_events_of_every_length_are_a_hint_to_read(open_shop, length: int) -> None:
    shop = open_shop(10, live_bytes=length)
    driver = shop.driver()
    cursor = list(driver.read(None))[-1].cursor
    shop.terminal.punch("1001")
    assert driver.wait(SOON_S)
    assert len(_rows(list(driver.read(cursor)))) == 1
    assert not driver.wait(0.05), "one touch is one hint"


@pytest.mark.parametrize("length", LIVE_BYTES)
def test_item_19_an_event_tells_who_and_when_in_every_form(open_shop, length: int) -> None:
    terminal = open_shop(live_bytes=length).terminal
    touch: Touch = terminal.punch("1003", state=1, verify=15)
    told = decode_event(encode_touch(touch, length))
    assert told is not None
    user = str(touch.uid) if length in (10, 14) else "1003"
    assert told == (user, touch.when.isoformat(), 1, 15)


def test_item_19_a_burst_of_touches_by_unknown_people_is_one_hint_and_all_are_read(
    open_shop,
) -> None:
    shop = open_shop(10)
    driver = shop.driver()
    cursor = list(driver.read(None))[-1].cursor
    for user_id in ("A17", "9999", "1001"):
        shop.terminal.punch(user_id)
    assert driver.wait(SOON_S)
    assert {row.user_id for row in _rows(list(driver.read(cursor)))} == {"A17", "9999", "1001"}


def test_item_19_an_event_nobody_knows_is_no_hint(open_shop) -> None:
    shop = open_shop(10)
    driver = shop.driver(check_link_s=1)
    list(driver.read(None))
    shop.simulator.faults.arm("unknown_event")
    assert not driver.wait(1.5)


def test_item_19_a_terminal_without_events_is_polled(open_shop) -> None:
    shop = open_shop(10)
    shop.simulator.faults.arm("no_live")
    driver = shop.driver()
    cursor = list(driver.read(None))[-1].cursor
    shop.terminal.punch("1001")
    assert not driver.wait(0.2)
    assert len(_rows(list(driver.read(cursor)))) == 1


@pytest.mark.parametrize("fault", ["tail_error", "tail_from_start"])
def test_a_terminal_that_serves_no_part_of_its_log_is_read_whole_and_remembered(
    open_shop, fault: str
) -> None:
    shop = open_shop(100)
    driver = shop.driver()
    cursor = list(driver.read(None))[-1].cursor
    shop.simulator.faults.arm(fault)
    shop.terminal.punch("1001")
    readings = list(driver.read(cursor))
    assert _is_all(readings, 101)
    assert readings[-1].cursor["tail_reads"] is False
    shop.terminal.punch("1001")
    before = len(shop.terminal.commands)
    assert len(_rows(shop.read(readings[-1].cursor))) == 102, "also after a restart of the agent"
    assert shop.terminal.commands[before:].count(Command.READ_BUFFER) == 1


def test_an_unchanged_log_costs_one_exchange_on_the_held_connection(open_shop) -> None:
    shop = open_shop(MANY)
    driver = shop.driver()
    cursor = list(driver.read(None))[-1].cursor
    before = len(shop.terminal.commands)
    (reading,) = driver.read(cursor)
    assert (reading.punches, reading.complete, reading.cursor) == ((), True, cursor)
    assert shop.terminal.commands[before:] == [Command.FREE_SIZES]


def test_a_driver_that_is_not_live_holds_no_connection(open_shop) -> None:
    shop = open_shop(10, one_client=True)
    first, second = shop.driver(live=False), shop.driver(live=False)
    for driver in (first, second, first):
        assert _is_all(list(driver.read(None)), 10)
    assert shop.simulator.clients == 0


def test_a_read_given_up_halfway_leaves_nothing_behind(open_shop) -> None:
    shop = open_shop(3 * MANY)
    driver = shop.driver()
    reading = driver.read(None)
    next(reading)
    reading.close()
    assert shop.terminal.commands[-1] == Command.EXIT
    assert _is_all(list(driver.read(None)), 3 * MANY)


def test_a_repair_gives_parts_of_the_log_another_chance(open_shop) -> None:
    shop = open_shop(100)
    driver = shop.driver()
    cursor = list(driver.read(None))[-1].cursor
    shop.simulator.faults.arm("tail_from_start")
    shop.terminal.punch("1001")
    assert list(driver.read(cursor))[-1].cursor["tail_reads"] is False
    shop.simulator.faults.clear()
    repaired = list(driver.read(None))[-1].cursor
    assert repaired["tail_reads"] is True
    shop.terminal.punch("1001")
    assert len(_rows(list(driver.read(repaired)))) == 1
