"""The audit page and the gate's book: what is shown to whom, and how little a flood writes."""

import asyncio
import json

import pytest
from plotly.utils import PlotlyJSONEncoder
from sqlalchemy import delete

from dashboard.factory import build_page
from dashboard.gate.book import MOST_KINDS, REST, AuditBook
from dashboard.page import discover
from dashboard.pages.audit.entries import SHOWN, entries_section, read_filter
from dashboard.read.cache import build_cache
from dashboard.read.context import ScreenContext
from geodata.identity.audit import read_audit, write_audit
from geodata.identity.caller import Caller, Role, asked_by
from geodata.settings import Settings
from geodata.tables import audit_entry
from tests.callers import let_in

OFFICER = Caller(Role.DUTY, "李娜")


@pytest.fixture
def context(engine, city, tmp_path) -> ScreenContext:
    with engine.begin() as connection:
        connection.execute(delete(audit_entry))
    settings = Settings(data_dir=tmp_path)
    return ScreenContext(engine, city, settings, build_cache(settings, city))


def text_of(content: object) -> str:
    return json.dumps(content, cls=PlotlyJSONEncoder, ensure_ascii=False)


@pytest.mark.usefixtures("asked_by_administrator")
def test_the_page_shows_acts_users_and_devices_in_both_languages(context) -> None:
    let_in(context.engine)
    with asked_by(OFFICER):
        write_audit(
            context.engine, "alert close", "7", "refused", {"to": "<b>王强</b>"}, "192.0.2.1"
        )
    shown = text_of(build_page(context, discover(), "/audit", ""))
    for words in ("审计", "Audit", "李娜 · duty", "alert close", "拒绝", "refused", "192.0.2.1"):
        assert words in shown, words
    for words in ("a planner", "规划", "a wall", "大屏", "may sign in", "let in"):
        assert words in shown, words
    assert "token-of" not in shown


def test_others_do_not_see_it(context) -> None:
    with asked_by(OFFICER):
        shown = text_of(build_page(context, discover(), "/audit", ""))
    assert "You are" not in shown
    assert "This is not open to you" in shown


def test_entries_are_chosen_and_paged(context) -> None:
    for number in range(SHOWN + 5):
        with asked_by(OFFICER if number % 2 else Caller(Role.LEADER, "王丽")):
            write_audit(context.engine, "alert close", str(number), "done")
    assert "Older entries follow" in text_of(entries_section(context))
    assert "Older entries follow" not in text_of(entries_section(context, None, 2))
    mine = text_of(entries_section(context, *read_filter("李娜", "", "done", 1)))
    assert "李娜" in mine
    assert "王丽" not in mine
    assert "Nothing was found" in text_of(entries_section(context, *read_filter(None, "x", "", 1)))


@pytest.mark.parametrize("sent", [[], {}, 1.5, None, True, "x" * 5000, "\0", -1])
def test_what_a_browser_sends_may_be_anything(context, sent: object) -> None:
    assert entries_section(context, *read_filter(sent, sent, sent, sent))


def test_a_flood_of_refusals_is_a_few_entries(context) -> None:
    book = AuditBook(context.engine)
    for number in range(5000):
        book.note("request", "/live/vehicles", "refused", "192.0.2.1")
        book.note("request", f"/thing/{number}", "refused", f"198.51.100.{number % 250}")
    asyncio.run(book.write_now())
    entries = read_audit(context.engine, size=1000).entries
    assert len(entries) <= MOST_KINDS + 1
    assert sum(each["detail"]["times"] for each in entries) == 10_000
    times = {each["subject"]: each["detail"]["times"] for each in entries}
    assert times["/live/vehicles"] == 5000
    assert times[REST] > 4000
    asyncio.run(book.write_now())
    assert len(read_audit(context.engine, size=1000).entries) == len(entries)


def test_a_flood_hides_no_act_of_somebody_known(context) -> None:
    book = AuditBook(context.engine)
    for number in range(2 * MOST_KINDS):
        book.note("request", "/wall", "refused", f"198.51.100.{number}")
    with asked_by(OFFICER):
        book.note("export", "/ogc/{path:path}", "done", "192.0.2.1")
    asyncio.run(book.write_now())
    exports = [each for each in read_audit(context.engine).entries if each["act"] == "export"]
    assert [(each["who"], each["client"]) for each in exports] == [("李娜", "192.0.2.1")]


def test_who_was_refused_is_written_with_the_role(context) -> None:
    book = AuditBook(context.engine)
    with asked_by(OFFICER):
        book.note("export", "/ogc/{path:path}", "done", "192.0.2.1")
    asyncio.run(book.write_now())
    (entry,) = read_audit(context.engine).entries
    assert (entry["who"], entry["role"], entry["act"]) == ("李娜", "duty", "export")
