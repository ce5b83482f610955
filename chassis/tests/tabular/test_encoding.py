from pathlib import Path

import pytest
from chassis.tabular.encoding import encoding_of
from chassis.tabular.errors import TableError

TEXT = "名称,地址\r\n全家便利店,上海\r\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shops.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_an_encoding_is_known_from_the_text(path: Path, encoding: str):
    path.write_bytes(TEXT.encode(encoding))
    assert encoding_of(path) == encoding


def test_chinese_after_megabytes_of_ascii_still_decides(path: Path):
    path.write_bytes(b"name\n" + b"a shop,a street\n" * 100_000 + "全家".encode("gb18030"))
    assert encoding_of(path) == "gb18030"


@pytest.mark.parametrize("padding", range(4))
def test_a_character_across_a_block_border_is_whole(path: Path, padding: int):
    path.write_bytes(b"x" * padding + "名".encode() * 400_000)
    assert encoding_of(path) == "utf-8"


def test_bytes_of_no_encoding_are_refused_with_their_row(path: Path):
    path.write_bytes("名称\n全家\n".encode() + b"\xff\xff\n")
    with pytest.raises(TableError) as refused:
        encoding_of(path)
    assert refused.value.row == 3


def test_utf16_is_refused_with_advice(path: Path):
    path.write_bytes(TEXT.encode("utf-16"))
    with pytest.raises(TableError, match="UTF-16"):
        encoding_of(path)


def test_a_marked_file_with_other_bytes_is_refused(path: Path):
    path.write_bytes(b"\xef\xbb\xbfname\n" + "全家".encode("gb18030"))
    with pytest.raises(TableError) as refused:
        encoding_of(path)
    assert refused.value.row == 2
