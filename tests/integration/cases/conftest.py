"""Loads a case of the trial files: its file by its declaration, with keys of the test besides."""

from collections.abc import Callable
from uuid import uuid4

import pytest
import yaml

from etl.outcome import FileLoad
from etl.pipeline.run import load_source
from etl.source.declaration import SourceDeclaration

LoadCase = Callable[..., tuple[FileLoad, SourceDeclaration]]


@pytest.fixture
def load_case(engine, city, trial_data) -> LoadCase:
    """A function from a case's folder and changes of its declaration to what became of it."""

    def load(folder: str, **changes) -> tuple[FileLoad, SourceDeclaration]:
        case = trial_data / "cases" / folder
        if not case.is_dir():
            pytest.skip(f"the case is not at {case}")
        declared = yaml.safe_load((case / "source.yaml").read_text("utf-8"))
        mapping = declared["mapping"] | changes.pop("mapping", {})
        key = {"key": f"c{uuid4().hex[:10]}", "mapping": mapping}
        declaration = SourceDeclaration.model_validate(declared | key | changes)
        (outcome,) = load_source(engine, city, declaration, case / declared["path"]).files
        return outcome, declaration

    return load
