"""Users, their passwords and the lock-out, on a real database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from geodata.errors import NotFoundError, RequestError, SignInRefusedError
from geodata.identity import sign_in
from geodata.identity.caller import Caller, Role
from geodata.identity.sessions import find_caller, open_session
from geodata.identity.sign_in import (
    FIRST_DELAY,
    FREE_ATTEMPTS,
    FREE_ATTEMPTS_OF_ALL,
    LONGEST_DELAY,
    delay_after,
)
from geodata.identity.users import (
    add_user,
    check_password,
    disable_user,
    enable_user,
    find_user,
    has_administrator,
    list_users,
    set_password,
)
from geodata.space.districts import load_districts
from geodata.tables import sign_in_attempt, user_account

RIGHT, WRONG = "correct horse 电池", "wrong horse battery"
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
GUESSER = "192.0.2.200"


@pytest.fixture(autouse=True, scope="module")
def _districts(engine, city):
    with engine.begin() as connection:
        load_districts(connection, city)


@pytest.fixture
def wang(engine):
    """A duty officer of one district."""
    with engine.connect() as connection:
        district = connection.execute(text("SELECT min(district_id) FROM district")).scalar_one()
    yield add_user(engine, "Wang", Role.DUTY, RIGHT, [district])
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM user_session"))
        connection.execute(text("DELETE FROM user_account"))
        connection.execute(text("DELETE FROM sign_in_attempt"))


@pytest.fixture
def cheap(monkeypatch):
    """Passwords compared without argon2: what waits is tried often here."""
    monkeypatch.setattr(sign_in, "verify_password", lambda given, kept: (given == RIGHT, None))


def refused(engine, name, password, now=None):
    with pytest.raises(SignInRefusedError) as caught:
        check_password(engine, name, password, now=now)
    return str(caught.value)


def test_who_signs_in_is_told_by_name_role_and_districts(engine, wang):
    expected = Caller(Role.DUTY, "Wang", wang.districts)
    assert check_password(engine, "wANG", RIGHT) == expected
    assert len(wang.districts) == 1
    assert find_caller(engine, open_session(engine, "wang")) == expected


def test_the_refusal_does_not_tell_who_is_known(engine, wang):
    told = refused(engine, "wang", WRONG)
    for name in ("li", "", "wang\0", "\ud800", "w" * 5000, "' OR 1=1 --"):
        assert refused(engine, name, WRONG) == told
    for password in ("", "\0", "\ud800", "x" * 100_000):
        assert refused(engine, "wang", password, NOW) == told
    disable_user(engine, "wang")
    assert refused(engine, "wang", RIGHT) == told


def test_a_password_is_kept_as_argon2_and_may_be_composed_otherwise(engine, wang):
    with engine.connect() as connection:
        row = connection.execute(select(user_account)).mappings().one()
    assert row["password_hash"].startswith("$argon2id$")
    assert RIGHT not in str(dict(row))
    set_password(engine, "wang", "café au lait 三杯")  # é as one letter, typed as two
    assert check_password(engine, "wang", "cafe\u0301 au lait 三杯").name == "Wang"


def guess(engine, times, *, client=GUESSER, at=NOW, step=timedelta(0)):
    """Guess so often from an address, each time a step later."""
    for number in range(times):
        with pytest.raises(SignInRefusedError):
            check_password(engine, "wang", WRONG, client, at + number * step)


def is_let_in(engine, client, at):
    try:
        return check_password(engine, "wang", RIGHT, client, at).name == "Wang"
    except SignInRefusedError:
        return False


def test_the_wait_grows_and_passes(engine, wang, cheap):
    guess(engine, FREE_ATTEMPTS)
    assert not is_let_in(engine, GUESSER, NOW)  # not even with the right one
    assert not is_let_in(engine, GUESSER, NOW + FIRST_DELAY - SECOND)
    guess(engine, 1, at=NOW + FIRST_DELAY)
    assert not is_let_in(engine, GUESSER, NOW + 3 * FIRST_DELAY - SECOND)  # twice as long
    assert is_let_in(engine, GUESSER, NOW + 3 * FIRST_DELAY)
    guess(engine, FREE_ATTEMPTS - 1, at=NOW + 3 * FIRST_DELAY)
    assert is_let_in(engine, GUESSER, NOW + 3 * FIRST_DELAY)  # it was counted anew


def test_who_guesses_waits_alone(engine, wang, cheap):
    guess(engine, 60, step=timedelta(minutes=1))
    assert not is_let_in(engine, GUESSER, NOW + timedelta(hours=1))
    assert is_let_in(engine, "10.0.0.8", NOW + timedelta(hours=1))
    assert find_user(engine, "wang").locked_until is None


def test_guesses_from_many_addresses_make_strangers_wait(engine, wang, cheap):
    open_session(engine, "wang", "10.0.0.8", NOW)
    for number in range(FREE_ATTEMPTS_OF_ALL):
        guess(engine, 1, client=f"192.0.2.{number}")
    assert find_user(engine, "wang").locked_until == NOW + FIRST_DELAY
    assert not is_let_in(engine, "10.0.0.9", NOW)
    assert not is_let_in(engine, "", NOW)
    assert is_let_in(engine, "10.0.0.8", NOW)  # where the user has been
    assert is_let_in(engine, "10.0.0.9", NOW)


def test_an_administrator_ends_the_wait(engine, wang, cheap):
    guess(engine, FREE_ATTEMPTS)
    enable_user(engine, "wang")
    assert is_let_in(engine, GUESSER, NOW)


def test_attempts_are_forgotten_and_kept_without_the_name(engine, wang, cheap):
    for name in ("my password by mistake", "li", "\0"):
        refused(engine, name, WRONG, NOW)
    rows = "SELECT count(*) FROM sign_in_attempt a WHERE a::text ~ 'mistake|li'"
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM sign_in_attempt")).scalar_one() == 2
        assert connection.execute(text(rows)).scalar_one() == 0
    refused(engine, "li", WRONG, NOW + timedelta(days=2))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM sign_in_attempt")).scalar_one() == 1


def test_the_wait_has_an_end():
    assert [delay_after(n) for n in (0, FREE_ATTEMPTS - 1)] == [timedelta(0)] * 2
    delays = [delay_after(n) for n in range(FREE_ATTEMPTS, FREE_ATTEMPTS + 40)]
    assert delays == sorted(delays)
    assert delays[-1] == delay_after(10**9) == LONGEST_DELAY


def test_guesses_at_once_are_counted_one_by_one(engine, wang):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: refused(engine, "wang", WRONG, NOW), range(8)))
    with engine.connect() as connection:
        failed = connection.execute(select(sign_in_attempt.c.failed)).scalar_one()
    assert failed >= FREE_ATTEMPTS
    refused(engine, "wang", RIGHT, NOW)


def test_disabling_signs_out_and_enabling_lets_in_again(engine, wang):
    token = open_session(engine, "wang")
    disable_user(engine, "wang")
    assert find_caller(engine, token) is None
    with pytest.raises(SignInRefusedError):
        open_session(engine, "wang")
    enable_user(engine, "wang")
    assert find_caller(engine, token) is None  # the session stays ended
    assert check_password(engine, "wang", RIGHT).name == "Wang"


def test_a_new_password_ends_what_the_old_one_opened(engine, wang):
    token = open_session(engine, "wang")
    set_password(engine, "wang", "another horse 电池")
    assert find_caller(engine, token) is None
    refused(engine, "wang", RIGHT)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": "two words"}, "a name is"),
        ({"name": "WANG"}, "already a user"),
        ({"name": "wang"}, "already a user"),  # of full width
        ({"password": "short"}, "12 to 256"),
        ({"password": "ab" * 10}, "different characters"),
        ({"role": "wall"}, "no role of a user"),
        ({"role": "king"}, "no role of a user"),
        ({"districts": ["atlantis"]}, "no district atlantis; districts: "),
        ({"role": Role.ADMINISTRATOR, "districts": ["x"]}, "not bound to districts"),
    ],
)
def test_a_user_that_does_not_do_is_refused(engine, wang, given, told):
    asked = {"name": "li", "role": Role.PLANNER, "password": RIGHT} | given
    with pytest.raises(RequestError, match=told):
        add_user(engine, **asked)
    assert [each.name for each in list_users(engine)] == ["Wang"]


def test_an_administrator_counts_while_enabled(engine, wang):
    assert not has_administrator(engine)
    add_user(engine, "root", Role.ADMINISTRATOR, RIGHT)
    assert has_administrator(engine)
    disable_user(engine, "root")
    assert not has_administrator(engine)


def test_nobody_of_a_name_is_said_so(engine):
    for act in (disable_user, enable_user, find_user):
        with pytest.raises(NotFoundError, match="no user nobody"):
            act(engine, "nobody")
