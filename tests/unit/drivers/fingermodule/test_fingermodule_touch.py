"""One touch is one punch, whatever the finger does."""

from __future__ import annotations

from drivers.fingermodule.codes import EF01_WORDS, Confirmation, Ef01, ef01_words, gt511_words
from drivers.fingermodule.settings import Family, FingerModuleSettings
from drivers.fingermodule.touch import STUCK_S, Touch


def test_a_resting_finger_counts_once_however_long_it_rests() -> None:
    touch = Touch(debounce_s=5)
    counted = [touch.counts(17, tick * 0.25) for tick in range(400)]
    assert counted == [True] + [False] * 399


def test_lifting_and_touching_within_the_window_is_the_same_touch() -> None:
    touch = Touch(debounce_s=5)
    assert touch.counts(17, 0.0)
    touch.free()
    assert not touch.counts(17, 4.9)
    touch.free()
    assert touch.counts(17, 5.1)


def test_the_next_person_counts_at_once_even_without_a_free_moment() -> None:
    touch = Touch(debounce_s=5)
    assert [touch.counts(page, at) for page, at in ((1, 0.0), (2, 0.3), (1, 0.6))] == [
        True,
        True,
        False,
    ]


def test_item_31_a_stuck_finger_is_noticed_and_forgotten_when_it_lifts() -> None:
    touch = Touch(debounce_s=5)
    assert touch.unknown(0.0)
    assert not touch.unknown(STUCK_S / 2)
    assert not touch.is_stuck(STUCK_S)
    touch.counts(3, STUCK_S + 1)
    assert touch.is_stuck(STUCK_S + 1)
    touch.free()
    assert not touch.is_stuck(STUCK_S + 2)


def test_every_confirmation_code_has_words_and_unknown_ones_say_so() -> None:
    assert all(EF01_WORDS[code] for code in Confirmation)
    assert "undocumented" in ef01_words(0x7E)
    assert "undocumented" in gt511_words(0x2000)


def test_no_command_reads_an_image_or_a_template() -> None:
    forbidden = {0x08, 0x09, 0x0A, 0x0B}  # UpChar, DownChar, UpImage, DownImage
    assert not forbidden & set(Ef01)


def settings(**more: object) -> FingerModuleSettings:
    table = {"url": "serial:///dev/ttyUSB0", "serial": "M-1", **more}
    return FingerModuleSettings.from_table(table, "test")


def test_pages_become_user_ids_and_an_unmapped_page_is_nobody_elses_id() -> None:
    assert settings().user_id(17) == "17"
    mapped = settings(employees={"17": "1042"})
    assert mapped.user_id(17) == "1042"
    assert mapped.user_id(18) == "page-18"
    assert settings(page_offset=1, employees={"17": "1042"}).user_id(18) == "1042"


def test_the_factory_speed_is_used_unless_the_url_says_otherwise() -> None:
    assert settings().link.options["baud"] == "57600"
    assert settings(family="gt511").link.options["baud"] == "9600"
    assert settings(family="gt511").family is Family.GT511
    slow = settings(url="serial:///dev/ttyUSB0?baud=19200")
    assert slow.link.options["baud"] == "19200"
