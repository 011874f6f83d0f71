"""How long-running processes look for memory in cycles."""

from __future__ import annotations

import gc

import pytest

from sync.memory import not_looking


def test_nothing_is_looked_for_meanwhile_and_again_afterwards() -> None:
    assert gc.isenabled()
    with not_looking():
        assert not gc.isenabled()
        with not_looking():
            pass
        assert not gc.isenabled(), "whoever asked first goes on"
    assert gc.isenabled()
    with pytest.raises(ValueError, match="work"), not_looking():
        raise ValueError("work")
    assert gc.isenabled()
