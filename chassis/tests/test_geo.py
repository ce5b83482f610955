import math

import pytest
from chassis.geo import Datum, Position, distance, in_china, to_wgs84, wgs84_to_bd09, wgs84_to_gcj02
from hypothesis import given
from hypothesis import strategies as st

INSIDE = st.builds(Position, st.floats(18.0, 53.0), st.floats(74.0, 134.0))
ANYWHERE = st.builds(Position, st.floats(-90, 90), st.floats(-180, 180))

BUND = Position(31.2397, 121.4998)
HALF_A_METRE = 0.5


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        (Position(31.1774276, 121.5272106), Position(31.17530398364597, 121.531541859215)),
        (Position(22.543847, 113.912316), Position(22.540796131694766, 113.9171764808363)),
        (Position(39.911954, 116.377817), Position(39.91334545536069, 116.38404722455657)),
    ],
    ids=["shanghai", "shenzhen", "beijing"],
)
def test_published_pairs_of_wgs84_and_gcj02_agree(wgs84: Position, gcj02: Position):
    assert distance(wgs84_to_gcj02(wgs84), gcj02) < HALF_A_METRE
    assert distance(to_wgs84(gcj02, Datum.GCJ02), wgs84) < HALF_A_METRE


def test_the_published_pair_of_gcj02_and_bd09_agrees():
    gcj02, bd09 = Position(39.915, 116.404), Position(39.92133699351021, 116.41036949371029)
    assert distance(wgs84_to_bd09(to_wgs84(gcj02, Datum.GCJ02)), bd09) < HALF_A_METRE
    assert distance(to_wgs84(bd09, Datum.BD09), to_wgs84(gcj02, Datum.GCJ02)) < HALF_A_METRE


@given(position=INSIDE)
def test_gcj02_comes_back_to_the_same_place(position: Position):
    assert distance(to_wgs84(wgs84_to_gcj02(position), Datum.GCJ02), position) < HALF_A_METRE


@given(position=INSIDE)
def test_bd09_comes_back_to_the_same_place(position: Position):
    assert distance(to_wgs84(wgs84_to_bd09(position), Datum.BD09), position) < HALF_A_METRE


@given(position=INSIDE)
def test_the_national_offset_is_some_hundred_metres(position: Position):
    assert distance(wgs84_to_gcj02(position), position) < 1500


@given(position=ANYWHERE)
def test_wgs84_stays_as_it_is(position: Position):
    assert to_wgs84(position, Datum.WGS84) == position


@given(position=ANYWHERE, datum=st.sampled_from(Datum))
def test_every_position_on_earth_has_a_finite_answer(position: Position, datum: Datum):
    assert all(map(math.isfinite, to_wgs84(position, datum)))


def test_outside_china_gcj02_is_wgs84():
    paris = Position(48.8584, 2.2945)
    assert not in_china(paris)
    assert in_china(BUND)
    assert to_wgs84(paris, Datum.GCJ02) == paris


@pytest.mark.parametrize(
    ("one", "other", "metres"),
    [
        (Position(0, 0), Position(0, 1), 111_195),
        (Position(0, 0), Position(90, 0), 10_007_557),
        (Position(0, 179.5), Position(0, -179.5), 111_195),
        (Position(39.9042, 116.4074), Position(31.2304, 121.4737), 1_067_300),
    ],
    ids=["a degree of longitude", "equator to pole", "over the date line", "beijing to shanghai"],
)
def test_known_distances(one: Position, other: Position, metres: float):
    assert distance(one, other) == pytest.approx(metres, rel=1e-3)


@given(one=ANYWHERE, other=ANYWHERE, third=ANYWHERE)
def test_distance_is_a_metric(one: Position, other: Position, third: Position):
    assert distance(one, one) == 0
    assert distance(one, other) == pytest.approx(distance(other, one))
    assert distance(one, third) <= distance(one, other) + distance(other, third) + 1e-3
    assert distance(one, other) <= 20_015_200
