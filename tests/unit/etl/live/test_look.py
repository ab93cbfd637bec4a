"""A look at files from outside."""

from etl.live.look import look_at


def test_an_appended_byte_and_a_new_file_are_seen(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"1")
    first = look_at(tmp_path, "*.csv")
    assert [(name, size) for name, size, _ in first] == [("a.csv", 1)]
    assert look_at(tmp_path, "*.csv") == first
    with (tmp_path / "a.csv").open("ab") as stream:
        stream.write(b"2")
    second = look_at(tmp_path, "*.csv")
    assert second != first
    (tmp_path / "b.csv").write_bytes(b"")
    assert look_at(tmp_path, "*.csv") != second


def test_an_address_looks_like_nothing(tmp_path):
    assert look_at(tmp_path, None) == []
