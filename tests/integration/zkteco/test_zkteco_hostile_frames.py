"""What a bad line or another machine does on port 4370 (docs/hostile-inputs.md, 1-9)."""

import socket
import threading

import pytest

from drivers.errors import BusyError, DriverError, LinkDownError, MalformedError, RefusedError
from drivers.zkteco.driver import ZktecoDriver

MANY = 3000  # two chunks of 40-byte records


def _rows(readings):
    return [row for reading in readings for row in reading.punches]


def _collect(shop, readings) -> None:
    """Read and keep what came before an error."""
    for reading in shop.driver().read(None):
        readings.append(reading)


def _is_all(readings, count: int) -> bool:
    rows = _rows(readings)
    return len(rows) == count == len(set(rows)) and readings[-1].complete


@pytest.mark.parametrize("packet_bytes", [1008, 0xFFF8, 0x10000])
@pytest.mark.parametrize("count", [1, MANY])
def test_item_01_headers_split_byte_by_byte_and_packets_run_together(
    open_shop, count: int, packet_bytes: int
) -> None:
    shop = open_shop(count, packet_bytes=packet_bytes)
    shop.simulator.faults.arm("split_headers")
    assert _is_all(shop.read(), count)


@pytest.mark.parametrize("count", [20, MANY])
def test_item_02_a_frame_that_stops_halfway_is_an_error_and_never_a_short_log(
    open_shop, count: int
) -> None:
    shop = open_shop(count)
    shop.simulator.faults.arm("half_frame")
    readings = []
    with pytest.raises(LinkDownError, match="silent"):
        _collect(shop, readings)
    assert not any(reading.complete for reading in readings)


def test_item_02_after_one_silence_the_log_is_resumed_where_it_stopped(open_shop) -> None:
    shop = open_shop(3 * MANY)
    driver = shop.driver()
    reading = driver.read(None)
    first = next(reading)
    shop.simulator.faults.arm("half_frame", 1)
    assert _is_all([first, *reading], 3 * MANY)
    assert shop.simulator.connections_made == 2


@pytest.mark.parametrize("name", ["length_0", "length_7", "length_7fffffff", "length_ffffffff"])
def test_item_03_an_impossible_length_is_refused_before_anything_is_allocated(
    open_shop, name: str
) -> None:
    shop = open_shop(10)
    driver = shop.driver()
    list(driver.read(None))
    shop.simulator.faults.arm(name)
    with pytest.raises(MalformedError, match="claims") as caught:
        list(driver.read(None))
    assert caught.value.code == "length"
    shop.simulator.faults.clear()
    assert _is_all(list(driver.read(None)), 10)


@pytest.mark.parametrize(
    ("name", "says"),
    [("http", "web server"), ("ssh", "SSH"), ("tls", "TLS"), ("c3", "C3 or inBIO door panel")],
)
def test_item_04_who_else_answers_on_the_port_is_named(shop, name: str, says: str) -> None:
    shop.simulator.faults.arm(name)
    with pytest.raises(RefusedError, match=says) as caught:
        shop.read()
    assert caught.value.code == "not_a_terminal"


def test_item_05_a_wrong_checksum_is_refused_and_the_next_read_is_whole(open_shop) -> None:
    shop = open_shop(MANY)
    driver = shop.driver()
    shop.simulator.faults.arm("bad_checksum", 1)
    with pytest.raises(MalformedError, match="checksum"):
        list(driver.read(None))
    assert _is_all(list(driver.read(None)), MANY)


def test_item_05_a_lost_tail_of_zeros_is_noticed_although_the_checksum_holds(open_shop) -> None:
    shop = open_shop(MANY)
    shop.simulator.faults.arm("cut_zero_tail")
    readings = []
    with pytest.raises(LinkDownError):
        _collect(shop, readings)
    assert not any(reading.complete for reading in readings)


@pytest.mark.parametrize("name", ["stale_ack", "duplicate_reply", "event_in_bulk", "unknown_event"])
def test_item_06_late_double_and_unasked_frames_change_nothing(open_shop, name: str) -> None:
    shop = open_shop(MANY)
    shop.simulator.faults.arm(name)
    assert _is_all(shop.read(), MANY)


def test_item_06_answers_to_other_requests_are_no_answers(shop) -> None:
    shop.simulator.faults.arm("wrong_reply")
    with pytest.raises(BusyError, match="does not answer as a terminal"):
        shop.read()


@pytest.mark.parametrize("name", ["ack_for_log", "data_0"])
def test_item_07_no_log_where_the_terminal_counts_records_is_never_complete(
    open_shop, name: str
) -> None:
    shop = open_shop(10)
    driver = shop.driver()
    shop.simulator.faults.arm(name)
    readings = list(driver.read(None))
    assert _rows(readings) == []
    assert not readings[-1].complete
    assert "counts 10 records, its log holds 0" in readings[-1].facts["miscount"]
    shop.simulator.faults.clear()
    assert _is_all(list(driver.read(readings[-1].cursor)), 10)


def test_item_07_no_log_for_a_moment_is_asked_for_again_at_once(open_shop) -> None:
    shop = open_shop(10)
    shop.simulator.faults.arm("ack_for_log", 1)
    assert _is_all(shop.read(), 10)


@pytest.mark.parametrize("name", ["data_1", "data_3", "total_zero", "total_large"])
@pytest.mark.parametrize("count", [10, MANY])
def test_item_07_a_log_whose_lengths_contradict_each_other_is_refused(
    open_shop, name: str, count: int
) -> None:
    shop = open_shop(count)
    shop.simulator.faults.arm(name)
    readings = []
    with pytest.raises(MalformedError):
        _collect(shop, readings)
    assert _rows(readings) == []


def test_item_07_a_log_that_no_record_size_divides_gives_its_whole_records(open_shop) -> None:
    shop = open_shop(MANY)
    shop.simulator.faults.arm("ragged")
    readings = shop.read()
    assert len(_rows(readings)) >= MANY - 1
    codes = {rejected.code for reading in readings for rejected in reading.rejected}
    assert codes == {"cut_record"}
    assert not readings[-1].complete


def test_item_07_an_empty_log_is_complete(shop) -> None:
    (reading,) = shop.read()
    assert reading.complete
    assert reading.punches == ()
    shop.add("1001", "2026-11-20T09:00:00")
    assert len(_rows(shop.read(reading.cursor))) == 1


@pytest.mark.parametrize("name", ["prepare_lies", "missing_data"])
def test_item_08_less_or_more_than_promised_is_an_error(open_shop, name: str) -> None:
    shop = open_shop(MANY)
    shop.simulator.faults.arm(name)
    readings = []
    with pytest.raises(DriverError) as caught:
        _collect(shop, readings)
    assert isinstance(caught.value, LinkDownError | MalformedError)
    assert not any(reading.complete for reading in readings)


@pytest.mark.parametrize("name", ["short_chunk", "extra_data", "no_final_ack", "ack_before_data"])
def test_item_08_odd_ends_of_a_transfer_lose_and_invent_nothing(open_shop, name: str) -> None:
    shop = open_shop(MANY)
    shop.simulator.faults.arm(name)
    assert _is_all(shop.read(), MANY)


@pytest.mark.parametrize("length", [4, 80, 92, 112])
def test_item_09_counts_of_every_length_are_understood_or_left_alone(
    open_shop, length: int
) -> None:
    shop = open_shop(10, free_sizes_bytes=length)
    readings = shop.read()
    assert _is_all(readings, 10)
    assert readings[-1].device_records == (None if length == 4 else 10)
    shop.add("1001", "2026-11-20T09:00:00")
    assert len(_rows(shop.read(readings[-1].cursor))) == 1


def test_item_09_a_count_of_0_is_no_reason_to_skip_the_log(open_shop) -> None:
    shop = open_shop(10, extra_count=-10)
    assert _is_all(shop.read(), 10)


def test_item_09_a_punch_during_the_read_is_no_contradiction(open_shop) -> None:
    shop = open_shop(MANY)
    reading = shop.driver().read(None)
    first = next(reading)
    shop.terminal.punch("1001")
    readings = [first, *reading]
    assert _is_all(readings, MANY)
    assert len(_rows(shop.read(readings[-1].cursor))) == 1


@pytest.mark.parametrize("extra", [3, -3])
def test_item_09_a_count_that_contradicts_the_log_is_not_complete_and_says_so(
    open_shop, extra: int
) -> None:
    shop = open_shop(MANY, extra_count=extra)
    driver = shop.driver()
    readings = list(driver.read(None))
    assert len(set(_rows(readings))) == MANY
    assert not any(reading.complete for reading in readings)
    assert readings[-1].facts["miscount"]
    before = len(shop.terminal.commands)
    again = list(driver.read(readings[-1].cursor))
    assert _rows(again) == []
    assert len(shop.terminal.commands) - before < 10, "a count that is always wrong costs no reads"


def test_a_frame_in_two_halves_with_a_pause_is_waited_for(shop) -> None:
    """The patience is for a whole frame; a slow second half within it is no error."""
    with socket.create_server(("127.0.0.1", 0)) as relay:
        upstream = socket.create_connection((shop.simulator.host, shop.simulator.port))

        def pump(source: socket.socket, sink: socket.socket, step: int) -> None:
            while data := source.recv(65536):
                for at in range(0, len(data), step):
                    sink.sendall(data[at : at + step])
            sink.shutdown(socket.SHUT_WR)

        def serve() -> None:
            client, _ = relay.accept()
            with client, upstream:
                back = threading.Thread(target=pump, args=(client, upstream, 65536))
                back.start()
                pump(upstream, client, 7)
                back.join()

        serving = threading.Thread(target=serve)
        serving.start()
        shop.fill(50)
        driver: ZktecoDriver = shop.driver(url=f"tcp://127.0.0.1:{relay.getsockname()[1]}")
        assert _is_all(list(driver.read(None)), 50)
        driver.close()
        serving.join(5)
