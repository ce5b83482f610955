import pytest
from chassis.imports.rules import ColumnsMissing, FieldFilledTwice, FieldNotFilled, demand_columns
from customer.imports import rules
from customer.imports.rules import ColumnMapping


def mapping(field, column=None, **values):
    return ColumnMapping(column or field, field, values)


def test_a_mapping_fills_a_name():
    rules.demand_mapping([mapping("name")])
    with pytest.raises(FieldNotFilled, match="name"):
        rules.demand_mapping([mapping("code")])


def test_no_field_is_filled_twice_but_a_column_may_fill_several():
    rules.demand_mapping([mapping("name", "shop"), mapping("category", "shop")])
    with pytest.raises(FieldFilledTwice, match="name"):
        rules.demand_mapping([mapping("name", "a"), mapping("name", "b")])


@pytest.mark.parametrize(("one", "other"), [("latitude", "longitude"), ("longitude", "latitude")])
def test_half_a_place_is_refused(one, other):
    with pytest.raises(FieldNotFilled, match=other):
        rules.demand_mapping([mapping("name"), mapping(one)])


def test_every_column_that_is_missing_is_named_once():
    columns = ["shop", "no", "no"]
    demand_columns(["no", "shop"], columns)
    with pytest.raises(ColumnsMissing) as missing:
        demand_columns(["x"], columns)
    assert missing.value.columns == ["shop", "no"]


def test_an_empty_cell_fills_nothing():
    mappings = [mapping("name"), mapping("channel_type", "kind", A="dealer")]
    assert rules.filled_fields({"name": "甲", "kind": ""}, mappings) == {"name": "甲"}


def test_values_are_translated():
    assert rules.filled_fields({"kind": "A"}, [mapping("channel_type", "kind", A="dealer")]) == {
        "channel_type": "dealer"
    }


def test_a_value_may_mean_nothing():
    assert rules.filled_fields({"kind": "-"}, [ColumnMapping("kind", "code", {"-": ""})]) == {}


def test_an_unknown_value_is_refused_by_its_column():
    with pytest.raises(rules.ValueUnknown) as unknown:
        rules.filled_fields({"kind": "B"}, [mapping("channel_type", "kind", A="dealer")])
    assert unknown.value.column == "kind"


@pytest.mark.parametrize("written", ["31.2", "-31", "+31.", "031.20"])
def test_degrees_are_plain_decimals(written):
    assert rules.place_of({"latitude": written, "longitude": "121"}) == (float(written), 121.0)


@pytest.mark.parametrize(
    "written", ["31°", "3_1", "31,2", "nan", "1e1", "３１", "", "x", "31.2.1", "9" * 400]
)
def test_what_is_no_number_of_degrees_is_refused(written):
    with pytest.raises(rules.NotDegrees):
        rules.place_of({"latitude": written, "longitude": "121"})


def test_a_row_without_place_has_none():
    assert rules.place_of({"name": "甲"}) is None
    with pytest.raises(FieldNotFilled, match="longitude"):
        rules.place_of({"latitude": "31"})
