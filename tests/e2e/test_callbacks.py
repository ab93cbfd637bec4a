"""Callbacks of the browser by name: what is handed over, and what is an error on either side."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page

ASSETS = Path(__file__).parents[2] / "assets"
CALL = """({ callback, context }) => {
  window.dash_clientside = { ...window.dash_clientside, no_update: "same" };
  const read = new Function("given", "trigger", callback);
  occCallbacks.register("page", { read });
  dash_clientside.callback_context = context;
  return dash_clientside.page.read();
}"""
CONTEXT = {
    "triggered_id": "wall-second",
    "inputs_list": [{"id": "wall-second", "property": "n_intervals", "value": 3}],
    "states_list": [{"id": "url", "property": "search", "value": "?a"}],
    "outputs_list": [
        {"id": "wall-time", "property": "children"},
        [
            {"id": {"legend": "7"}, "property": "hidden"},
            {"id": {"legend": "8"}, "property": "hidden"},
        ],
        {"id": "url", "property": "search@1"},
    ],
}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A bare page with nothing but the file."""
    context = browser.new_context()
    bare = context.new_page()
    bare.add_script_tag(path=ASSETS / "callbacks.js")
    yield bare
    context.close()


def call(page: Page, callback: str, **changes: object) -> object:
    return page.evaluate(CALL, {"callback": callback, "context": {**CONTEXT, **changes}})


def test_names_are_handed_over_and_answers_put_in_order(page: Page) -> None:
    answer = call(
        page,
        "return {'url.search': given['url.search'] + given['second.n_intervals'],"
        " 'time.children': trigger, 'legend.hidden': (id) => id.legend === '8'}",
    )
    assert answer == ["second", [False, True], "?a3"]


def test_what_is_not_answered_stays(page: Page) -> None:
    assert call(page, "") == ["same", ["same", "same"], "same"]
    one = {"id": "wall-view", "property": "data"}
    assert call(page, "return {'view.data': 1}", outputs_list=one) == 1
    assert call(page, "return {}", outputs_list=[]) is None


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        ("return {'time.childern': 1}", "page.read answers time.childern"),
        ("const { 'second.n': n } = given", "page.read is not given second.n"),
    ],
)
def test_a_name_that_is_not_declared_is_an_error(page: Page, callback: str, message: str) -> None:
    with pytest.raises(Error, match=message):
        call(page, callback)
