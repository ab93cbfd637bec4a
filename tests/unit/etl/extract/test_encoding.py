"""Bytes become text in the right encoding, or not silently."""

import pytest

from etl.batch import Note
from etl.extract.encoding import FOREIGN, decode
from etl.source.file import SourceFile
from geodata.errors import ExtractError

FILE = SourceFile("a.csv")
CHINESE = "id,名称\n1,长春市朝阳区人民大街\n2,吉林大学第一医院\n"
TAIWAN = "id,name\n1,臺中市政府警察局\n2,國立臺灣大學附設醫院\n"
BRAZIL = "id,nome\n1,São João da Mata\n2,Praça da Conceição\n3,Hospital das Clínicas\n"


def guessed(name):
    return (Note("guessed_encoding", name),)


@pytest.mark.parametrize(
    ("text", "encoding", "legacy", "name"),
    [
        (CHINESE, "gbk", ["gb18030"], "gb18030"),
        (CHINESE, "gb18030", ["gbk"], "gb18030"),
        (TAIWAN, "big5", ["big5"], "big5"),
        (TAIWAN, "big5", ["gb18030", "big5"], "big5"),
        (CHINESE, "gbk", ["big5", "gb18030"], "gb18030"),
        (BRAZIL, "latin-1", ["cp1252"], "cp1252"),
        ("id,n\n1,Улица Ленина\n", "cp1251", ["cp1251"], "cp1251"),
        ("id,n\n1,一院\n2,院\n", "gbk", ["gb18030"], "gb18030"),  # by chance valid UTF-8
        ("id,n\n1,5路\n2,10路\n", "gbk", ["gb18030"], "gb18030"),  # and 路 its middle dot
    ],
)
def test_a_legacy_encoding_is_guessed_aloud(text, encoding, legacy, name):
    decoded = decode(FILE, text.encode(encoding), "auto", legacy)
    assert (decoded.text, decoded.notes) == (text, guessed(name))


@pytest.mark.parametrize("legacy", [["gb18030"], ["big5"], ["cp1252"], []])
@pytest.mark.parametrize(
    "text",
    [
        CHINESE,
        TAIWAN,
        BRAZIL,
        "id,n\n1,Café\n",
        "id,n\n1,Москва\n",
        "id,n\n1,25°C\n",
        "id,n\n1,a·b\n",
        "id,n\n1,1ª DP\n",
    ],
)
def test_utf8_is_utf8_whatever_the_city(text, legacy):
    decoded = decode(FILE, text.encode(), "auto", legacy)
    assert (decoded.text, decoded.notes) == (text, ())


@pytest.mark.parametrize(
    ("text", "encoding", "legacy", "likely"),
    [
        (TAIWAN, "big5", ["gb18030"], "it may be big5"),
        (BRAZIL, "latin-1", ["gb18030"], "it may be cp1252"),
        (BRAZIL, "latin-1", [], "it may be cp1252"),
        (CHINESE, "gbk", ["cp1252"], "it may be gb18030"),
        (CHINESE, "gbk", ["big5"], "declare the file's encoding"),
    ],
)
def test_what_reads_as_no_language_is_refused(text, encoding, legacy, likely):
    with pytest.raises(ExtractError, match=rf"a\.csv: row \d: byte 0x.. .* is not utf-8.*{likely}"):
        decode(FILE, text.encode(encoding), "auto", legacy)


def test_rows_of_another_encoding_are_marked_not_the_file():
    decoded = decode(FILE, CHINESE.encode() + "3,二道区\n".encode("gbk"), "auto", ["gb18030"])
    assert decoded.text == f"{CHINESE}3,{FOREIGN}二道区\n"
    assert decoded.foreign == "is not in utf-8, as the other rows are"
    decoded = decode(FILE, CHINESE.encode("gbk") + "3,二道区\n".encode(), "auto", ["gb18030"])
    assert decoded.text == f"{CHINESE}3,{FOREIGN}二道区\n"
    assert decoded.foreign == "is not in gb18030, as the other rows are"


def test_a_declared_encoding_may_have_a_few_foreign_rows():
    content = CHINESE.encode("gbk") + "3,二道區德惠\n".encode()
    decoded = decode(FILE, content, "gbk", ["gb18030"])
    assert decoded.foreign
    with pytest.raises(ExtractError, match="is not utf-8"):
        decode(FILE, CHINESE.encode("gbk"), "utf-8", ["gb18030"])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_a_byte_order_mark_says_it_all(encoding):
    assert decode(FILE, CHINESE.encode(encoding), "auto", []).text == CHINESE


def test_a_text_that_may_be_either_is_doubtful():
    decoded = decode(FILE, "id,n\n1,é\n".encode(), "auto", ["cp1252"])
    assert (decoded.text, decoded.notes) == ("id,n\n1,é\n", (Note("doubtful_encoding", "utf-8"),))
