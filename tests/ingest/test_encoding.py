"""Encodings: UTF-8 and GB18030 are recognised, everything else is refused with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.encoding import detect
from ingest.problems import FileRefused
from tests.ingest.files import tried, written

CHINESE = "放款给杭州远大机械有限公司，用于购买原材料。借款人：张伟；保证人：李娜。"


def refusal(path: Path) -> str:
    with pytest.raises(FileRefused) as refused:
        detect(path)
    return str(refused.value)


def test_utf_8_with_and_without_byte_order_mark(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig"):
        file = tried(written(tmp_path, "contact.csv", "contact_id,kind,value", f"1,phone,{CHINESE}", encoding=encoding))
        assert (file.read, file.faults, file.refused) == (1, [], None)


def test_gb18030_is_recognised_by_reading_as_chinese(tmp_path: Path) -> None:
    path = written(tmp_path, "contact.csv", "contact_id,kind,value", f"1,phone,{CHINESE}", encoding="gb18030")
    assert detect(path) == "gb18030"
    assert tried(path).rows == {"contact": 1}


def test_gb18030_beyond_the_basic_plane(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", f"𠮷野家{CHINESE}", encoding="gb18030")
    assert detect(path) == "gb18030"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Größe, Straße, Übergabe, Café, für", "latin-1"),
        ("Договор купли-продажи, Общество с ограниченной ответственностью", "cp1251"),
        ("貸款給機械有限公司購買原材料擔保", "big5"),
        ("ローンの支払いをカタカナで", "shift_jis"),
    ],
)
def test_other_encodings_are_refused_with_the_line(tmp_path: Path, text: str, encoding: str) -> None:
    path = written(tmp_path, "t.csv", "value", "plain", text, encoding=encoding)
    assert "in line 3 are not UTF-8; accepted: UTF-8" in refusal(path)


def test_a_mark_that_lies_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"\xef\xbb\xbf" + CHINESE.encode("gb18030"))
    assert "are not UTF-8" in refusal(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_wide_encodings_are_refused_by_name_or_for_their_nul_bytes(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, "t.csv", "value", "plain", encoding=encoding)
    assert ("NUL bytes" if encoding == "utf-16-be" else encoding.upper()) in refusal(path)


def test_nul_bytes_are_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n1,2\n3,\0\n")
    assert "the first in line 3" in refusal(path)


def test_a_file_cut_off_inside_a_character(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(("value\n" + CHINESE).encode()[:-1])
    assert "in line 2 are not UTF-8" in refusal(path)
