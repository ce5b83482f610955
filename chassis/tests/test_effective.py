from datetime import date, timedelta

import pytest
from chassis.effective import DuplicateVersionError, Version, effective
from hypothesis import given
from hypothesis import strategies as st

MARCH = date(2026, 3, 1)
APRIL = date(2026, 4, 1)
MAY = date(2026, 5, 1)
PATH = ["team", "region", "company"]

UNITS = st.sampled_from([*PATH, "elsewhere"])
VERSIONS = st.lists(
    st.builds(
        Version, UNITS, st.integers(0, 30).map(lambda days: MARCH + timedelta(days=days)), st.integers()
    ),
    max_size=20,
    unique_by=lambda version: (version.unit_id, version.effective_from),
)


def payload(versions: list[Version[str]], on: date, path: list[str] = PATH) -> str | None:
    found = effective(versions, path, on)
    return None if found is None else found.payload


def test_the_latest_version_begun_by_the_day_holds():
    versions = [Version("team", APRIL, "new"), Version("team", MARCH, "old"), Version("team", MAY, "planned")]
    assert payload(versions, APRIL) == "new"
    assert payload(versions, APRIL - timedelta(days=1)) == "old"
    assert payload(versions, MARCH - timedelta(days=1)) is None


def test_the_nearest_unit_wins_though_one_above_changed_later():
    versions = [Version("company", APRIL, "all"), Version("region", MARCH, "north")]
    assert payload(versions, MAY) == "north"


def test_a_unit_inherits_until_its_own_version_begins():
    versions = [Version("company", MARCH, "all"), Version("team", APRIL, "own")]
    assert payload(versions, MARCH) == "all"
    assert payload(versions, APRIL) == "own"


def test_units_off_the_path_do_not_count():
    assert payload([Version("elsewhere", MARCH, "x")], MAY) is None
    assert payload([Version("team", MARCH, "x")], MAY, ["region", "company"]) is None


def test_two_versions_of_a_unit_from_one_day_are_refused():
    versions = [Version("team", MARCH, "a"), Version("region", MARCH, "b"), Version("team", MARCH, "c")]
    with pytest.raises(DuplicateVersionError) as refused:
        effective(versions, PATH, MAY)
    assert (refused.value.unit_id, refused.value.effective_from) == ("team", MARCH)


@given(versions=VERSIONS, days=st.integers(-5, 40), start=st.integers(0, len(PATH)))
def test_resolution_agrees_with_walking_day_by_day_and_unit_by_unit(
    versions: list[Version[int]], days: int, start: int
):
    on, path = MARCH + timedelta(days=days), PATH[start:]

    def walked() -> Version[int] | None:
        for unit_id in path:
            for back in range(days + 1):
                for version in versions:
                    if (version.unit_id, version.effective_from) == (unit_id, on - timedelta(days=back)):
                        return version
        return None

    assert effective(versions, path, on) == walked()


@given(versions=VERSIONS, days=st.integers(0, 40), data=st.data())
def test_the_order_of_versions_does_not_matter(versions: list[Version[int]], days: int, data: st.DataObject):
    on = MARCH + timedelta(days=days)
    shuffled = data.draw(st.permutations(versions))
    assert effective(versions, PATH, on) == effective(shuffled, PATH, on)
