"""The strict base of the models of declared files, and the one reader with its error text."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from geodata.errors import DeclarationError, OperationsError

T = TypeVar("T")


class Declared(BaseModel):
    """Base of every declared model: unknown keys are refused, instances are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def read_declared(
    path: Path, form: type[T], *, error: type[OperationsError] = DeclarationError
) -> T:
    """Read a YAML file in the form of a model, or of a tuple or mapping of models.

    Raises:
        DeclarationError: it cannot be read or does not fit; names the file and the key. Another
            kind of error where `error` says so.
    """
    content = read_yaml(path, error=error)
    try:
        return TypeAdapter(form).validate_python(content)
    except ValidationError as fault:
        raise error(f"{path}: {faults_of(fault)}") from fault


def read_yaml(path: Path, *, error: type[OperationsError] = DeclarationError) -> Any:
    """Read a YAML file as it is.

    Raises:
        DeclarationError: it is missing, not UTF-8 or not YAML; names the file.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise error(f"{path}: cannot be read: {fault}") from fault
    except yaml.YAMLError as fault:
        raise error(f"{path}: not YAML: {' '.join(str(fault).split())}") from fault


def faults_of(error: ValidationError) -> str:
    """Return what does not fit the model, each fault with its key."""
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'as a whole'}: "
        f"{item['msg'].removeprefix('Value error, ')}"
        for item in error.errors()
    )
