import base64
import time
from datetime import UTC, datetime

import pytest
from chassis.uploads.links import Claims, LinkRefusedError, LinkSigner, key_from_text, sign, verify
from hypothesis import given
from hypothesis import strategies as st

KEY = bytes(range(32))


def claims(**changes) -> Claims:
    usual = {
        "object_key": "photos/1.jpg",
        "method": "PUT",
        "max_bytes": 100,
        "content_type": "image/jpeg",
        "expires": int(time.time()) + 60,
    }
    return Claims(**{**usual, **changes})


@given(
    object_key=st.text(max_size=50), max_bytes=st.integers(0, 2**50), method=st.sampled_from(["PUT", "GET"])
)
def test_what_was_signed_is_what_is_granted(object_key: str, max_bytes: int, method: str):
    granted = claims(object_key=object_key, max_bytes=max_bytes, method=method)
    assert verify(KEY, sign(KEY, granted)) == granted


def test_an_expired_link_is_refused():
    with pytest.raises(LinkRefusedError):
        verify(KEY, sign(KEY, claims(expires=int(time.time()) - 1)))


def test_a_link_signed_with_another_key_is_refused():
    with pytest.raises(LinkRefusedError):
        verify(KEY, sign(bytes(32), claims()))


@given(place=st.integers(0, 10_000), other=st.characters())
def test_a_link_changed_anywhere_is_refused(place: int, other: str):
    token = sign(KEY, claims())
    place %= len(token)
    changed = token[:place] + other + token[place + 1 :]
    if changed != token:
        with pytest.raises(LinkRefusedError):
            verify(KEY, changed)


@given(token=st.text(max_size=200))
def test_any_other_text_is_refused(token: str):
    with pytest.raises(LinkRefusedError):
        verify(KEY, token)


def test_an_endless_token_is_refused():
    with pytest.raises(LinkRefusedError):
        verify(KEY, "a" * 1_000_000)


def test_an_upload_link_grants_what_was_asked_for_until_then():
    expires = datetime(2100, 1, 1, tzinfo=UTC)
    address = LinkSigner("http://files", KEY).upload("photos/1", 100, "image/*", expires)
    granted = verify(KEY, address.removeprefix("http://files/objects/"))
    assert granted == claims(object_key="photos/1", content_type="image/*", expires=4102444800)


def test_a_download_link_is_good_for_an_hour_and_takes_nothing_in():
    before = int(time.time())
    address = LinkSigner("http://files", KEY).download("photos/1", "image/png")
    granted = verify(KEY, address.removeprefix("http://files/objects/"))
    assert 3600 <= granted.expires - before <= 3610
    assert granted == Claims(
        object_key="photos/1", method="GET", max_bytes=0, content_type="image/png", expires=granted.expires
    )


def test_an_address_ends_in_a_token_that_needs_no_quoting():
    address = LinkSigner("http://127.0.0.1:8081/", KEY).download("报表/一.csv", "text/csv")
    base, _, token = address.rpartition("/")
    assert base == "http://127.0.0.1:8081/objects"
    assert verify(KEY, token).object_key == "报表/一.csv"
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_the_key_is_32_bytes_in_base64():
    assert key_from_text(base64.b64encode(KEY).decode()) == KEY
    for wrong in ("", "not base64!", base64.b64encode(KEY[:31]).decode()):
        with pytest.raises(ValueError, match="key that signs links"):
            key_from_text(wrong)
