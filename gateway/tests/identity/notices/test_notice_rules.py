from datetime import UTC, datetime, timedelta

import pytest
from gateway.identity.notices.rules import (
    NIGHT,
    Preferences,
    QuietHours,
    group_of,
    key_digest,
    told_roles,
)
from hypothesis import given
from hypothesis import strategies as st

DAY = "2026-03-02"
# the seconds of a minute that a wall clock names
TIMES = st.times().map(lambda time: time.replace(second=0, microsecond=0))
INSTANTS = st.integers(1_767_225_600, 1_798_675_200).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def shanghai(clock, day=DAY):
    return datetime.fromisoformat(f"{day}T{clock}+08:00")


@pytest.mark.parametrize(
    ("clock", "over"),
    [
        ("07:29", "2026-03-02T07:30"),
        ("07:30", None),
        ("12:00", None),
        ("20:59:59", None),
        ("21:00", "2026-03-03T07:30"),
        ("23:59", "2026-03-03T07:30"),
        ("00:00", "2026-03-02T07:30"),
    ],
)
def test_the_night_is_quiet_until_half_past_seven(clock, over):
    at = shanghai(clock)
    assert NIGHT.over_at(at) == (datetime.fromisoformat(f"{over}+08:00") if over else at)


def test_quiet_hours_can_lie_within_a_day():
    noon = QuietHours.read("12:00", "14:00")
    assert noon.over_at(shanghai("13:00")) == shanghai("14:00")
    assert noon.over_at(shanghai("14:00")) == shanghai("14:00")
    assert noon.over_at(shanghai("11:59")) == shanghai("11:59")


@pytest.mark.parametrize("ends", [("", ""), ("00:00", "00:00"), ("12:00", "12:00")])
def test_quiet_hours_without_length_are_none(ends):
    assert QuietHours.read(*ends).over_at(shanghai("12:00")) == shanghai("12:00")


@given(TIMES, TIMES, INSTANTS)
def test_whoever_waits_is_told_within_a_day_and_outside_the_quiet_hours(start, end, at):
    quiet = QuietHours(start, end)
    told = quiet.over_at(at)
    assert at <= told < at + timedelta(days=1)
    assert quiet.over_at(told) == told


def test_mail_goes_by_preference_and_urgency():
    night = shanghai("22:00")
    assert Preferences().mail_at("spendPlans", night, urgent=False) == shanghai("07:30", "2026-03-03")
    assert Preferences().mail_at("spendPlans", night, urgent=True) == night
    assert Preferences(email_enabled=False).mail_at("spendPlans", night, urgent=True) is None
    silent = Preferences(email_enabled=False, muted_groups=["users"])
    assert silent.mail_at("users", night, urgent=False, protects=True) == night
    assert Preferences(muted_groups=["spendPlans"]).mail_at("spendPlans", night, urgent=True) is None
    assert Preferences(muted_groups=["spendPlans"]).mail_at("visitPlans", night, urgent=True) == night


def test_a_key_is_told_once_to_each_reader_by_each_service():
    keys = [("visit", "a", "1"), ("visit", "a", "2"), ("visit", "b", "1"), ("marketing", "a", "1")]
    assert len({key_digest(*key) for key in keys}) == 4
    assert key_digest("visit", "a", "1") == key_digest("visit", "a", "1")


def test_the_group_is_what_stands_before_the_dot():
    assert group_of("spendPlans.returned") == "spendPlans"


def test_who_may_do_everything_comes_after_who_holds_the_permission_by_name():
    roles = {
        "finance": {"spendPlans.auditFees", "funds.read"},
        "money": {"spendPlans.*"},
        "auditor": {"*.read"},
        "admin": {"*"},
        "other": {"visits.read"},
    }
    assert told_roles(roles, "spendPlans.auditFees") == ({"finance", "money"}, {"admin"})
    assert told_roles(roles, "spendPlans.read") == ({"money"}, {"admin", "auditor"})
