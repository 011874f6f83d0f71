"""Who may go where: the whole table, read as a person would."""

from __future__ import annotations

import pytest

from cloud_receiver.domain.roles import DOORS, HOMES, Role, home, may_change, may_look

OFFICE = {Role.ADMINISTRATOR, Role.HR, Role.FINANCE, Role.AUDITOR}


@pytest.mark.parametrize("path", sorted(DOORS))
@pytest.mark.parametrize("role", list(Role))
def test_nobody_changes_what_they_may_not_see(role: Role, path: str) -> None:
    assert may_look(role, path) or not may_change(role, path)


@pytest.mark.parametrize("path", ["/ledger", "/why/late_standard/E1/2026-03-02#1", "/people/E1"])
def test_money_and_people_are_the_offices(path: str) -> None:
    assert {role for role in Role if may_look(role, path)} == OFFICE


def test_an_auditor_changes_nothing_but_preferences() -> None:
    changeable = {path for path in DOORS if may_change(Role.AUDITOR, path)}
    assert changeable == {"/prefer", "/login", "/logout", "/me", "/_nicegui", "/_nicegui_ws"}


@pytest.mark.parametrize("path", ["/nowhere", "/ledgers", "/whyever", "/users", "//me"])
def test_what_the_table_does_not_name_is_the_administrators(path: str) -> None:
    assert {role for role in Role if may_look(role, path)} == {Role.ADMINISTRATOR}


@pytest.mark.parametrize("role", list(Role))
def test_everybody_has_a_page_to_begin_with(role: Role) -> None:
    assert may_look(role, home(role))
    assert set(HOMES) == {Role.SUPERVISOR, Role.SALESPERSON}
