"""What I agree to: position and photo, each by itself, and how to take it back."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from cloud_receiver.domain.consents import OTHER_WAY, WORDINGS, Purpose
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import consents, retention
from cloud_receiver.store.consents import Said
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.retention import Terms
from cloud_receiver.web import phone
from cloud_receiver.web.bodies import read_form
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import local_minute
from cloud_receiver.web.texts import Texts
from cloud_receiver.web.visit import Visit, own_address, visit_of

TEXTS: Final[Texts] = {
    "title": ("位置与照片的同意", "Consent to position and photos"),
    "agree": ("我同意", "I agree"),
    "refuse": ("不同意 / 撤回", "I refuse, or take it back"),
    "save": ("保存", "Save"),
    "version": ("文本版本 {n}", "wording {n}"),
    "history": ("记录", "Record"),
    "said_yes": ("同意", "agreed"),
    "said_no": ("不同意 / 撤回", "refused or taken back"),
}


def register(app: FastAPI, desk: Desk) -> None:
    """Add the page and its form."""

    @app.get("/me/consent")
    def show(request: Request, next: str = "/me") -> Response:  # noqa: A002
        visit = visit_of(request)
        who = phone.employee_of(visit)
        if who is None:
            return phone.nobody(visit)
        with read(desk.engine) as connection:
            said = consents.history(connection, who)
            answers = consents.answers(connection, who)
            kept_for = retention.terms(connection)
        zone = desk.home_zone()
        return _page(visit, said, answers, kept_for, own_address(next), zone)

    @app.post("/me/consent")
    async def say(request: Request) -> Response:
        visit, form = visit_of(request), await read_form(request, phone.MAX_FORM_BYTES)
        who = phone.employee_of(visit)
        if form is None or who is None:
            return phone.too_large(request) if form is None else phone.nobody(visit)
        await run_in_threadpool(_say, desk, visit, who, form)
        return phone.done(own_address(form.get("next", ["/me"])[0]))


def _say(desk: Desk, visit: Visit, who: str, form: dict[str, list[str]]) -> None:
    with write(desk.engine) as connection:
        before = consents.answers(connection, who)
        for purpose in Purpose:
            answer = form.get(purpose.value, [""])[0]
            if answer not in {"yes", "no"} or before.get(purpose) is (answer == "yes"):
                continue
            consents.say(
                connection, who, purpose, is_given=answer == "yes", language=visit.language,
                author=visit.session.login, now_utc_ms=utc_ms(desk.now()),
            )  # fmt: skip


def _page(
    visit: Visit,
    said: list[Said],
    answers: dict[Purpose, bool],
    kept_for: Terms,
    back_to: str,
    zone: str,
) -> Response:
    words, language = visit.words(TEXTS), visit.language
    form = el(
        "form",
        [_question(purpose, answers.get(purpose), kept_for, visit) for purpose in Purpose],
        el("input", type="hidden", name="next", value=back_to),
        el("button", words("save"), type="submit", class_="button main big"),
        method="post", action="/me/consent", class_="stack",
    )  # fmt: skip
    shown = [
        el("li", language.pick(WORDINGS[one.purpose].title.zh, WORDINGS[one.purpose].title.en),
           el("b", words("said_yes" if one.is_given else "said_no")),
           el("p", local_minute(one.at_utc_ms, zone), " · ",
              words("version", n=one.version), class_="why"))
        for one in reversed(said)
    ]  # fmt: skip
    history = phone.section(words("history"), el("ul", shown, class_="lines")) if shown else None
    other = el("p", language.pick(OTHER_WAY.zh, OTHER_WAY.en), class_="note")
    return phone.page(visit, "", words("title"), other, form, history)


def _question(purpose: Purpose, answer: bool | None, kept_for: Terms, visit: Visit) -> Markup:
    wording, language, words = WORDINGS[purpose], visit.language, visit.words(TEXTS)
    text = language.pick(wording.text.zh, wording.text.en)
    text = text.format(photos=kept_for.photo_days)
    choices = [
        el("label", el("input", type="radio", name=purpose.value, value=value, required=True,
                       checked=answer is (value == "yes")), words(label), class_="choose")
        for value, label in (("yes", "agree"), ("no", "refuse"))
    ]  # fmt: skip
    return phone.section(
        language.pick(wording.title.zh, wording.title.en), el("p", text), choices,
        el("p", words("version", n=wording.version), class_="muted small"),
    )  # fmt: skip
