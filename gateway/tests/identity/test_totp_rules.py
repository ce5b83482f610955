from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from gateway.identity.totp import codes
from gateway.identity.totp.rules import good_steps

AT = datetime(2026, 3, 2, 0, 30, 15, tzinfo=UTC)
STEP = int(AT.timestamp()) // 30
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # of RFC 6238's appendix B


def test_codes_are_those_of_the_standard():
    at = datetime.fromtimestamp(1111111109, UTC)
    assert codes.step_of(SECRET, "081804", at, 0) == 1111111109 // 30
    assert codes.step_of(SECRET, "081 804", at, 0) == 1111111109 // 30
    assert codes.step_of(SECRET, "081805", at, 0) is None


def test_a_clock_may_be_half_a_minute_off():
    assert list(good_steps(AT, 0)) == [STEP, STEP - 1, STEP + 1]


def test_no_code_is_good_at_or_before_the_last_used_one():
    assert list(good_steps(AT, STEP - 1)) == [STEP, STEP + 1]
    assert list(good_steps(AT, STEP)) == [STEP + 1]
    assert list(good_steps(AT, STEP + 1)) == []


@pytest.mark.parametrize("code", ["", "12345", "1234567", "٠١٢٣٤٥", "abcdef", "\0"])
def test_what_is_no_code_is_wrong(code):
    assert codes.step_of(SECRET, code, AT, 0) is None


def test_an_authenticator_reads_the_uri():
    secret = codes.new_secret()
    parts = urlsplit(codes.uri(secret, "shanghai.rep1"))
    assert (parts.scheme, parts.netloc, parts.path) == ("otpauth", "totp", "/Journeyman:shanghai.rep1")
    assert parse_qs(parts.query) == {"secret": [secret], "issuer": ["Journeyman"]}
    assert codes.step_of(secret, pyotp.TOTP(secret).at(AT), AT, 0) == STEP


def test_recovery_codes_are_ten_and_typed_as_people_do():
    given = codes.new_recovery_codes()
    assert len(set(given)) == 10
    assert {len(code) for code in given} == {19}
    assert codes.digest(f" {given[0].upper()} ") == codes.digest(given[0])
