"""How large the address and the headers of a request may be."""

from starlette.types import Scope

LONGEST_ADDRESS = 40_000  # bytes: a filter of 4,000 letters, each of them nine where they are 中文
LARGEST_HEADERS = 32_000
SHOWN = 200  # letters of an address that are repeated to its client


def fault_of(scope: Scope) -> tuple[int, str] | None:
    """Return the status and the reason of a refusal, None where the head is not too large."""
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LONGEST_ADDRESS:
        return 414, f"an address has at most {LONGEST_ADDRESS} bytes"
    if sum(len(name) + len(value) for name, value in scope["headers"]) > LARGEST_HEADERS:
        return 431, f"the headers of a request have at most {LARGEST_HEADERS} bytes"
    return None
