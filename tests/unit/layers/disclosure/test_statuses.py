"""The words of the published statuses are those of the values they are of."""

from geodata.published.statuses import STATUSES, said_of_statuses
from layers.states.status import Status


def test_every_status_has_its_key():
    assert {code: key for code, (key, _, _) in STATUSES.items()} == {
        int(each): each.key for each in Status
    }


def test_a_description_says_all_of_them():
    assert all(f"{code} {key}" in said_of_statuses() for code, (key, _, _) in STATUSES.items())
