"""Where an unforeseen error happened, for the log: its kind and its frames, none of its values.

The text of an error quotes what it stumbled over, such as a call's address; a log is read by more
people than calls are.
"""

import traceback

_FRAMES = 12


def trace_of(error: BaseException) -> str:
    """Return the kind of an error and the lines of code it came through, the last ones first."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    lines = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in reversed(frames)]
    return "\n".join([_kind(error), *lines])


def _kind(error: BaseException) -> str:
    """Return the kind, with the driver's own beneath it and its code, such as 22P02."""
    cause = getattr(error, "orig", None) or error.__cause__
    code = getattr(error, "sqlstate", None)
    kind = type(error).__name__ + (f" {code}" if code else "")
    return f"{kind} < {_kind(cause)}" if isinstance(cause, BaseException) else kind
