"""`app.py users` from its arguments to the database and back."""

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import text

import app
from geodata.clock import true_now
from geodata.database.engines import get_engines
from geodata.errors import SignInRefusedError
from geodata.identity.audit import read_audit
from geodata.identity.caller import Caller, Role
from geodata.identity.devices import find_device
from geodata.identity.readable_districts import readable_districts
from geodata.identity.sessions import find_caller, open_session
from geodata.identity.users import check_password
from geodata.settings import get_settings

PASSWORD = "correct horse 电池"


@pytest.fixture
def run(engine, monkeypatch, capsys):
    """Run `app.py users ...` on the module's database; return status, output and errors."""
    monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
    get_settings.cache_clear()

    def users(*arguments, typed=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        status = app.main(["users", *arguments])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    yield users
    get_engines(get_settings(), readable_districts).dispose()
    get_settings.cache_clear()
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE user_session, user_account, device_token, audit_entry"))


def told(engine):
    return [(each["act"], each["subject"], each["outcome"]) for each in read_audit(engine).entries]


def test_a_user_is_added_listed_disabled_and_enabled(run, engine, tmp_path):
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n", encoding="utf-8")
    status, out, _ = run("add", "Wang", "--role", "duty", "--district", "220102",
                         "--password-file", str(file))  # fmt: skip
    assert (status, out) == (0, "Wang may sign in as duty, 220102\n")
    assert check_password(engine, "wang", PASSWORD) == Caller(Role.DUTY, "Wang", ("220102",))
    token = open_session(engine, "wang")
    assert re.search(r"Wang +duty +220102 +password +may sign in", run("list")[1])
    status, out, err = run("disable", "WANG")
    assert (status, out) == (0, "WANG is signed out and may not sign in\n")
    assert "no administrator is left" in err
    assert find_caller(engine, token) is None
    assert re.search(r"Wang .* disabled 20", run("list")[1])
    assert run("enable", "wang")[0] == 0
    assert check_password(engine, "wang", PASSWORD).name == "Wang"
    assert told(engine) == [
        ("users enable", "wang", "done"),
        ("users list", "", "done"),
        ("users disable", "WANG", "done"),
        ("users list", "", "done"),
        ("users add", "Wang", "done"),
    ]
    entry = read_audit(engine).entries[-1]
    assert entry["detail"] == {"role": "duty", "districts": ["220102"]}
    assert entry["who"].endswith(" (command line)")


def test_a_password_comes_through_a_pipe_too_and_is_changed(run, engine):
    assert run("add", "li", "--role", "planner", typed=f"{PASSWORD}\nmore\n")[0] == 0
    assert run("password", "li", typed="another horse 电池\n")[0] == 0
    assert check_password(engine, "li", "another horse 电池").role == Role.PLANNER
    with pytest.raises(SignInRefusedError):
        check_password(engine, "li", PASSWORD)
    assert PASSWORD not in str([dict(each) for each in read_audit(engine).entries])


def test_a_locked_name_is_shown_so(run, engine):
    run("add", "li", "--role", "planner", typed=PASSWORD)
    with engine.begin() as connection:
        until = {"until": true_now() + timedelta(minutes=5)}
        connection.execute(text("UPDATE user_account SET locked_until = :until"), until)
    assert "locked until" in run("list")[1]


@pytest.mark.parametrize(
    ("arguments", "typed", "message"),
    [
        (("add", "li", "--role", "planner"), "short", "12 to 256 characters"),
        (("add", "li", "--role", "planner"), "", "12 to 256 characters"),
        (("add", "l i", "--role", "planner"), PASSWORD, "a name is"),
        (("add", "li", "--role", "duty", "--district", "x"), PASSWORD, "no district x; districts"),
        (("add", "li", "--role", "duty", "--password-file", "/no"), "", "be read from /no"),
        (("disable", "nobody"), "", "there is no user nobody"),
        (("revoke", "hall-1"), "", "there is no device hall-1"),
    ],
)
def test_what_does_not_do_is_one_line_and_audited(run, engine, arguments, typed, message):
    status, out, err = run(*arguments, typed=typed)
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err
    (entry,) = read_audit(engine).entries
    assert entry["outcome"] == "refused"
    assert message in entry["detail"]["reason"]


def test_a_token_is_shown_once_and_revoked(run, engine):
    status, out, err = run("token", "wall", "hall-1")
    assert (status, err) == (0, "the token of wall hall-1, shown this once:\n")
    token = out.strip()
    assert find_device(engine, token) == Caller(Role.WALL, "hall-1")
    listed = run("tokens")[1]
    assert re.search(r"wall +hall-1 +\S+ \(command line\)", listed)
    assert token not in listed
    assert run("revoke", "hall-1")[0] == 0
    assert find_device(engine, token) is None
    assert [act for act, _, _ in told(engine)] == ["users revoke", "users tokens", "users token"]


@pytest.mark.parametrize(
    "arguments", [["add", "li", "--role", "wall"], ["token", "planner", "x"], []]
)
def test_what_is_no_role_or_kind_is_refused_by_the_parser(arguments, capsys):
    with pytest.raises(SystemExit):
        app.main(["users", *arguments])
    assert "usage: app.py users" in capsys.readouterr().err
