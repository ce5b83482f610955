import pytest
from chassis.uploads.sniff import content_type, is_a
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "image/png"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"PK\x03\x04\x14\x00", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("名称,地址\r\n".encode(), "text/csv"),
        ("名称,地址\r\n".encode("gb18030"), "text/csv"),
        (b"\xef\xbb\xbfname\n", "text/csv"),
        (b"", "text/csv"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt \x00", None),
        (b"MZ\x90\x00", None),
        (b"%PDF-1.7\n\x00", None),
        (b"a,b\x00c", None),
        (b"\xff\xfea\x00", None),
    ],
)
def test_a_kind_is_known_by_its_first_bytes(head: bytes, kind: str | None):
    assert content_type(head) == kind


@pytest.mark.parametrize(
    ("head", "kind", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png", True),
        (b"\x89PNG\r\n\x1a\n", "image/jpeg", False),
        (b"\x89PNG\r\n\x1a\n", "image/*", True),
        (b"a,b\n", "image/*", False),
        (b"%PDF-1.7\n\x00", "image/*", False),
    ],
)
def test_a_kind_may_be_announced_as_a_range(head: bytes, kind: str, *, expected: bool):
    assert is_a(head, kind) is expected


@given(text=st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"])), cut=st.integers(0, 600))
def test_text_cut_inside_a_character_is_still_text(text: str, cut: int):
    assert content_type(b"," + text.encode()[:cut]) == "text/csv"


@given(head=st.binary(max_size=64))
def test_any_bytes_have_an_answer(head: bytes):
    assert (
        content_type(head) in (None, "text/csv", "image/jpeg", "image/png", "image/webp") or head[:2] == b"PK"
    )
