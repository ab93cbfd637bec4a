"""Every operation of the description, asked by schemathesis: no answer that it does not foresee."""

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
KNOWN = {
    "collectionId": "hex_residents",
    "itemId": "88310da483fffff",
    "zoneId": "87310da48ffffff",
    "tileMatrixSetId": "WebMercatorQuad",
}
EXAMPLES = 8


@pytest.fixture(scope="module")
def operations(address) -> list:
    schema = schemathesis.openapi.from_url(address + "/api")
    schema.config.update(base_url=address)
    return [each.ok() for each in schema.get_all_operations()]


def test_no_operation_answers_what_its_description_does_not_foresee(operations):
    assert len(operations) > 25
    asked = 0
    for operation in operations:

        @hypothesis.seed(7)
        @hypothesis.settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy())
        def ask(case) -> None:
            nonlocal asked
            asked += 1
            if asked % 2:  # the other half keeps the addresses that were made up
                given = case.path_parameters or {}
                case.path_parameters = {name: KNOWN.get(name, x) for name, x in given.items()}
            case.call_and_validate(checks=CHECKS)

        ask()
    assert asked >= len(operations)
