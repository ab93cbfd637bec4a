"""Reading a configuration file in the form of its model: one error for everything wrong in it."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from geodata.errors import DeclarationError

T = TypeVar("T")


def read_declared(path: Path, form: type[T]) -> T:
    """Read a YAML file in the form of a model, or of a tuple of models.

    Raises:
        DeclarationError: it cannot be read or does not fit; names the file and the key.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise DeclarationError(f"{path.name}: cannot be read: {error}") from error
    try:
        return TypeAdapter(form).validate_python(content)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
            for item in error.errors()
        )
        raise DeclarationError(f"{path.name}: {wrong}") from error
