import contextlib

import pytest
from chassis.etags import MalformedEtagError, etag, matches
from hypothesis import given
from hypothesis import strategies as st

VERSIONS = st.integers(0, 2**63 - 1)


@given(version=VERSIONS, other=VERSIONS)
def test_an_etag_matches_its_own_version_only(version: int, other: int):
    assert matches(etag(version), version)
    assert matches(etag(version), other) is (version == other)


def test_a_star_matches_whatever_exists():
    assert matches("*", 7)


def test_a_weak_etag_matches_nothing():
    assert not matches("W/" + etag(7), 7)


def test_an_etag_of_somebody_else_matches_nothing():
    assert not matches('"33a64df5"', 7)


@pytest.mark.parametrize(
    "tag", ["", "v7", '"v7', 'v7"', '"v 7"', '"v7", "v8"', '"v7"\n', '"版"', 'w/"v7"', '"""']
)
def test_what_is_no_etag_is_refused(tag: str):
    with pytest.raises(MalformedEtagError):
        matches(tag, 7)


@given(tag=st.text(max_size=20).filter(lambda tag: tag not in ('"v7"', "*")))
def test_any_other_text_never_matches(tag: str):
    with contextlib.suppress(MalformedEtagError):
        assert not matches(tag, 7)
