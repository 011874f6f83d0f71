"""An appeal (申诉): a person doubts an entry and another person decides.

Pure: what happened so far and what somebody wants to do go in, the new event or a refusal
comes out. Events are never changed; where an appeal stands is what they add up to. No clock
decides: an appeal beyond its time is shown as overdue and still waits for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from cloud_receiver.domain.outcomes import Reason, Text
from cloud_receiver.domain.roles import ROLE_NAMES, Role
from cloud_receiver.domain.rulings import Ruling
from sync.errors import ToldError
from sync.money import MAX_FEN, yuan_text

_DAY_MS: Final = 24 * 3600 * 1000
MAX_TEXT: Final = 2000


class AppealError(ToldError):
    """An appeal cannot be opened or cannot take this step; the message says why."""


class Step(StrEnum):
    """What can happen to an appeal."""

    OPENED = "opened"
    EVIDENCE = "evidence"
    WITHDRAWN = "withdrawn"
    DECIDED = "decided"


class State(StrEnum):
    """Where an appeal stands."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"
    UPHELD = "upheld"  # the entry stays as it is
    REVERSED = "reversed"  # the entry is taken back whole
    PARTIAL = "partial"  # another amount stands


STATE_NAMES: Final[dict[State, Text]] = {
    State.OPEN: Text("处理中", "open"),
    State.WITHDRAWN: Text("已撤回", "withdrawn by the employee"),
    State.UPHELD: Text("维持原结果", "upheld"),
    State.REVERSED: Text("撤销原结果", "reversed"),
    State.PARTIAL: Text("部分调整", "partly changed"),
}
DECISIONS: Final = (State.UPHELD, State.REVERSED, State.PARTIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The rules of appealing (`[appeals]`).

    Attributes:
        open_within_days: after an entry was booked one may appeal for so long.
        decide_within_days: by then a person should have decided; later it is overdue.
        deciders: roles whose people may decide; never the one who appealed.
    """

    open_within_days: int = 60
    decide_within_days: int = 7
    deciders: frozenset[Role] = frozenset({Role.ADMINISTRATOR, Role.HR})

    def require_decider(self, role: Role | None) -> None:
        """Refuse who may not decide.

        Raises:
            AppealError: this role does not decide appeals.
        """
        if role not in self.deciders:
            may = sorted(self.deciders)
            raise AppealError(
                f"{ROLE_NAMES[role].zh if role else '没有账号的人'}不能裁定申诉;"
                f"可以裁定的是{'、'.join(ROLE_NAMES[one].zh for one in may)}([appeals] deciders)",
                f"{role or 'who has no account'} does not decide appeals;"
                f" {', '.join(may)} may ([appeals] deciders)",
            )


USUAL_TERMS: Final = Terms()


def no_decision(word: str) -> AppealError:
    """Return the refusal of a word that decides nothing."""
    may = ", ".join(DECISIONS)
    return AppealError(f"{word!r} 不是裁定:{may}", f"{word!r} is no decision: {may}")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened; `seq` counts from 1 within the appeal.

    Attributes:
        author: login or employee id of who did it.
        text: the complaint, the description of the evidence, or the reasons decided on.
        attachments: sha256 or record ids of what is shown as evidence.
        decision: of a decided one; `amount_fen` is what stands when it is partial.
        freezes: of the opening: the amount could still be held back.
    """

    seq: int
    step: Step
    at_utc_ms: int
    author: str
    text: str
    attachments: tuple[str, ...] = ()
    decision: State | None = None
    amount_fen: int | None = None
    freezes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    """What an appeal is about, as it is booked: fen signed for the employee."""

    outcome_key: str
    employee_id: str
    account: str
    amount_fen: int
    first_booked_utc_ms: int
    is_settled: bool
    """It was closed or paid out already, so nothing can be frozen."""


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal as its events add up."""

    events: tuple[Event, ...]

    @property
    def state(self) -> State:
        """Return where it stands."""
        last = self.events[-1]
        if last.step is Step.WITHDRAWN:
            return State.WITHDRAWN
        return last.decision or State.OPEN

    def due_utc_ms(self, terms: Terms) -> int:
        """Return by when a person should have decided."""
        return self.events[0].at_utc_ms + terms.decide_within_days * _DAY_MS

    def is_overdue(self, terms: Terms, now_utc_ms: int) -> bool:
        """Tell whether it waits longer than promised."""
        return self.state is State.OPEN and now_utc_ms > self.due_utc_ms(terms)


def open_appeal(
    disputed: Disputed, author: str, text: str, now_utc_ms: int, terms: Terms = USUAL_TERMS
) -> Event:
    """Return the first event of an appeal.

    Raises:
        AppealError: it comes too late, or says nothing.
    """
    last_utc_ms = disputed.first_booked_utc_ms + terms.open_within_days * _DAY_MS
    if now_utc_ms > last_utc_ms:
        raise AppealError(
            f"入账已超过 {terms.open_within_days} 天,不能再申诉;请人事改正数据",
            f"{disputed.outcome_key}: booked more than {terms.open_within_days} days ago;"
            " an appeal must come earlier, ask HR to correct the data instead",
        )
    return Event(
        seq=1,
        step=Step.OPENED,
        at_utc_ms=now_utc_ms,
        author=author,
        text=_said(text),
        freezes=not disputed.is_settled and disputed.amount_fen != 0,
    )


def add_evidence(
    appeal: Appeal, author: str, text: str, attachments: Sequence[str], now_utc_ms: int
) -> Event:
    """Return an event that adds to an open appeal.

    Raises:
        AppealError: it is open no more, or nothing is added.
    """
    return _next(appeal, Step.EVIDENCE, author, text, now_utc_ms, attachments=tuple(attachments))


def withdraw(appeal: Appeal, employee_id: str, author: str, text: str, now_utc_ms: int) -> Event:
    """Return that the employee takes the appeal back.

    Raises:
        AppealError: it is open no more, or somebody else's.
    """
    if author != employee_id:
        raise AppealError(
            f"只有 {employee_id} 本人能撤回这个申诉;请改为裁定",
            f"only {employee_id} can take this appeal back; decide it instead",
        )
    return _next(appeal, Step.WITHDRAWN, author, text, now_utc_ms)


def decide(
    appeal: Appeal,
    disputed: Disputed,
    decision: State,
    author: str,
    text: str,
    now_utc_ms: int,
    amount_fen: int | None = None,
) -> Event:
    """Return the decision of a person, with reasons.

    Args:
        amount_fen: what shall stand, signed for the employee; with `PARTIAL` only.

    Raises:
        AppealError: it is open no more, is decided by the one who appealed, or makes no sense.
    """
    if author in {disputed.employee_id, appeal.events[0].author}:
        raise AppealError(
            "申诉人不能裁定自己的申诉,要由另一个人裁定",
            "whoever appealed cannot decide; another person must",
        )
    if decision not in DECISIONS:
        raise no_decision(decision)
    if (decision is State.PARTIAL) != (amount_fen is not None):
        raise AppealError(
            "部分调整要写明改为多少元,别的裁定不写",
            "a partial decision, and only that, names the amount that shall stand",
        )
    stands_fen = 0 if decision is State.REVERSED else amount_fen
    if stands_fen is not None and not disputed.amount_fen < stands_fen <= MAX_FEN:
        raise AppealError(
            f"{yuan_text(stands_fen)} 元对员工不比 {yuan_text(disputed.amount_fen)} 元好;"
            "不改的话请选“维持”",
            f"{yuan_text(stands_fen)} yuan is no better for the employee than"
            f" {yuan_text(disputed.amount_fen)}; uphold the entry instead",
        )
    return _next(
        appeal, Step.DECIDED, author, text, now_utc_ms, decision=decision, amount_fen=amount_fen
    )


def _next(
    appeal: Appeal, step: Step, author: str, text: str, now_utc_ms: int, **more: object
) -> Event:
    if appeal.state is not State.OPEN:
        now = STATE_NAMES[appeal.state]
        raise AppealError(
            f"这个申诉{now.zh},不能再改", f"this appeal is {now.en} and takes no more steps"
        )
    seq = appeal.events[-1].seq + 1
    return msgspec.convert(
        {"seq": seq, "step": step, "at_utc_ms": now_utc_ms, "author": author, "text": _said(text)}
        | more,
        Event,
    )


def _said(text: str) -> str:
    said = text.strip()
    if not 1 <= len(said) <= MAX_TEXT:
        raise AppealError(
            f"请写明理由,1 至 {MAX_TEXT} 个字", f"say why, in 1 to {MAX_TEXT} characters"
        )
    return said


def ruling_of(appeal: Appeal, account: str) -> Ruling | None:
    """Return what an appeal does to its outcome; None: nothing any more.

    Args:
        account: where the outcome was booked when the appeal was opened.
    """
    first, last = appeal.events[0], appeal.events[-1]
    if appeal.state is State.OPEN and first.freezes:
        return Ruling(is_held=True)
    if appeal.state not in {State.REVERSED, State.PARTIAL}:
        return None
    decided_fen = last.amount_fen or 0
    return Ruling(decided_fen=decided_fen, account=account, reason=_reason(decided_fen, last.text))


def _reason(decided_fen: int, text: str) -> Reason:
    yuan = yuan_text(decided_fen)
    return Reason("appeal", Text(
        f"申诉由人工裁定为{yuan}元:{text}", f"a person decided on appeal: {yuan} yuan, {text}",
    ))  # fmt: skip
