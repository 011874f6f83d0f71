"""pyzk, which we did not write, reads our simulator as our driver does."""

from datetime import datetime, timedelta

import pytest
from zk import ZK

from drivers.simulators.zk_terminal import Person

# pyzk leaves its first, probing socket open
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored in. <socket"),
]

SIZES = [1, 24, 25, 26, 1637, 1638]


def _rows(readings):
    return [row for reading in readings for row in reading.punches]


@pytest.fixture
def pyzk(request):
    """Return a function that connects pyzk to a shop."""

    def connect(shop, *, udp: bool = False, password: int = 0):
        client = ZK(
            shop.simulator.host,
            port=shop.simulator.port,
            timeout=10,
            password=password,
            force_udp=udp,
            ommit_ping=True,
        )
        connection = client.connect()
        request.addfinalizer(connection.disconnect)
        return connection

    return connect


def _agree(shop, connection) -> None:
    rows = _rows(shop.read(answer_timeout_s=10))
    codes = [(row.verify_code, row.state_code) for row in rows]
    if shop.terminal.layout == 16:  # pyzk takes these two bytes the other way round
        codes = [(state, verify) for verify, state in codes]
    ours = [
        (row.user_id, datetime.fromisoformat(row.device_time), *pair)
        for row, pair in zip(rows, codes, strict=True)
    ]
    theirs = [
        (touch.user_id, touch.timestamp, touch.status, touch.punch)
        for touch in connection.get_attendance()
    ]
    assert len(ours) == shop.terminal.records
    assert sorted(ours) == sorted(theirs)


@pytest.mark.parametrize("layout", [16, 40])
@pytest.mark.parametrize("count", SIZES)
def test_both_read_the_same_log_over_tcp(open_shop, pyzk, count: int, layout: int) -> None:
    shop = open_shop(count, layout=layout)
    _agree(shop, pyzk(shop))


def test_both_read_the_same_log_of_a_hundred_thousand(open_shop, pyzk) -> None:
    shop = open_shop(100_000)
    _agree(shop, pyzk(shop))


@pytest.mark.parametrize("count", SIZES)
def test_both_read_the_same_log_over_udp(open_shop, pyzk, count: int) -> None:
    shop = open_shop(count)
    _agree(shop, pyzk(shop, udp=True))


def test_pyzk_reads_the_people_the_serial_number_and_the_counts(open_shop, pyzk) -> None:
    people = [Person(1, "1001", "王芳".encode()), Person(2, "NB7", b"Li")]
    shop = open_shop(12, people=people)
    connection = pyzk(shop)
    assert [(user.uid, user.user_id, user.name) for user in connection.get_users()] == [
        (1, "1001", "王芳"),
        (2, "NB7", "Li"),
    ]
    assert connection.get_serialnumber() == shop.terminal.serial
    assert connection.get_firmware_version() == shop.terminal.firmware
    assert connection.get_platform() == shop.terminal.platform
    connection.read_sizes()
    assert (connection.users, connection.records) == (2, 12)


def test_pyzk_reads_and_sets_the_clock_and_may_be_refused(shop, pyzk) -> None:
    connection = pyzk(shop)
    assert abs(connection.get_time() - shop.terminal.now_local()) < timedelta(seconds=2)
    connection.set_time(shop.terminal.now_local() + timedelta(hours=3))
    assert timedelta(hours=2) < shop.terminal.clock_error < timedelta(hours=4)
    (reading,) = shop.read()
    assert abs(reading.clock_offset_ms - 3 * 3_600_000) < 2000
    shop.simulator.faults.arm("refuse_set_time")
    with pytest.raises(Exception, match="can't set time"):
        connection.set_time(shop.terminal.now_local())


def test_pyzk_hears_a_touch(open_shop, pyzk) -> None:
    shop = open_shop(1)
    connection = pyzk(shop)
    heard = connection.live_capture(new_timeout=1)
    assert next(heard) is None, "registered; nothing happened yet"
    shop.terminal.punch("1002", verify=15, state=1)
    touch = next(heard)
    assert (touch.user_id, touch.status, touch.punch) == ("1002", 15, 1)
    connection.end_live_capture = True
    assert list(heard) == []


def test_pyzk_needs_the_comm_key_too(open_shop, pyzk) -> None:
    shop = open_shop(1, comm_key=4711)
    with pytest.raises(Exception, match="Unauthenticated"):
        pyzk(shop, password=1)
    assert len(pyzk(shop, password=4711).get_attendance()) == 1


def test_pyzk_stops_at_the_impossible_date_that_costs_us_one_record(open_shop, pyzk) -> None:
    """Why collection does not stand on it."""
    shop = open_shop(10)
    good = bytes(shop.terminal.log)
    february_30 = (((26 * 12 + 1) * 31 + 29) * 86400).to_bytes(4, "little")
    shop.add_raw(good[:27] + february_30 + good[31:40])
    with pytest.raises(ValueError, match="day is out of range"):
        pyzk(shop).get_attendance()
    assert len(_rows(shop.read())) == 10
