"""A file on the disk and the same bytes in memory are one thing to whoever reads them."""

import hashlib

import pytest

from etl.source.file import SourceFile
from geodata.errors import ExtractError


def test_a_path_and_bytes_read_alike(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"id\n1\n")
    for file in (SourceFile.at(path), SourceFile("a.csv", content=b"id\n1\n")):
        assert (file.name, file.size, file.read_bytes()) == ("a.csv", 5, b"id\n1\n")
        assert file.is_there
        assert not file.is_folder
        assert file.members() == [file]
        assert file.compute_sha256() == hashlib.sha256(b"id\n1\n").hexdigest()
        with file.open() as stream:
            assert stream.read() == b"id\n1\n"


def test_errors_name_the_path_or_what_the_bytes_came_as(tmp_path):
    assert str(SourceFile.at(tmp_path / "a.csv")) == str(tmp_path / "a.csv")
    assert str(SourceFile("intake.ndjson", content=b"{}")) == "intake.ndjson"


def test_a_folder_is_its_files_by_name(tmp_path):
    for name in ("b/2.pb", "a.pb", "note.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    folder = SourceFile.at(tmp_path)
    assert folder.is_folder
    assert [each.name for each in folder.members("*.pb")] == ["a.pb", "b/2.pb"]
    before = folder.compute_sha256()
    (tmp_path / "a.pb").rename(tmp_path / "c.pb")
    assert folder.compute_sha256() != before


def test_a_file_that_went_away_is_named(tmp_path):
    with pytest.raises(ExtractError, match=r"gone\.csv: cannot be read: No such file"):
        SourceFile.at(tmp_path / "gone.csv").compute_sha256()
