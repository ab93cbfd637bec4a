"""How answers are written as bytes and read back the same: as data only, never as code."""

from io import BytesIO
from typing import Any, Generic, Protocol, TypeVar

import polars as pl
from pydantic import ConfigDict, create_model

Answer = TypeVar("Answer")


class Form(Protocol[Answer]):
    """One way to write answers of a type."""

    def pack(self, answer: Answer) -> bytes:
        """Return the answer as bytes."""
        ...

    def unpack(self, content: bytes) -> Answer:
        """Return the answer that the bytes say.

        Raises:
            ValueError: they say none of this type.
        """
        ...


class BytesForm:
    """Bytes, as they are."""

    def pack(self, answer: bytes) -> bytes:
        """Return the answer."""
        return answer

    def unpack(self, content: bytes) -> bytes:
        """Return the content."""
        return content


class FrameForm:
    """A polars frame as an Arrow IPC file: columns, types and values come back the same."""

    def pack(self, answer: pl.DataFrame) -> bytes:
        """Return the frame as bytes."""
        stream = BytesIO()
        answer.write_ipc(stream)
        return stream.getvalue()

    def unpack(self, content: bytes) -> pl.DataFrame:
        """Return the frame.

        Raises:
            ValueError: the content is no Arrow file.
        """
        try:
            return pl.read_ipc(content)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise ValueError(f"not an Arrow file: {error}") from error


class JsonForm(Generic[Answer]):
    """Numbers, texts, days, dataclasses and collections of them as JSON, checked when read."""

    def __init__(self, type_: type[Answer]) -> None:
        """Prepare for answers of a type; infinities and NaN are written as such, not as null."""
        config = ConfigDict(ser_json_inf_nan="constants")
        self._model: Any = create_model("Remembered", __config__=config, answer=(type_, ...))

    def pack(self, answer: Answer) -> bytes:
        """Return the answer as bytes."""
        return bytes(self._model(answer=answer).model_dump_json().encode())

    def unpack(self, content: bytes) -> Answer:
        """Return the answer.

        Raises:
            ValueError: the content is not of the type.
        """
        answer: Answer = self._model.model_validate_json(content).answer
        return answer


BYTES = BytesForm()
FRAME = FrameForm()
