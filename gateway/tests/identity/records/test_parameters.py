import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from journeyman.identity.v1 import parameters_pb2, parameters_pb2_grpc

Parameters = parameters_pb2.Parameters


@pytest.fixture
def parameters(as_):
    return lambda username: as_(parameters_pb2_grpc.ParameterServiceStub, username)


def get(stub):
    return stub.GetParameters(parameters_pb2.GetParametersRequest())


def update(stub, mask=(), **fields):
    given = Parameters(**fields)
    request = parameters_pb2.UpdateParametersRequest(parameters=given, update_mask=FieldMask(paths=mask))
    return stub.UpdateParameters(request)


def test_an_administrator_sets_how_everybody_is_shown_dates_and_amounts(identity, parameters):
    identity.change("DELETE FROM parameters")
    identity.change("INSERT INTO parameters DEFAULT VALUES")
    before = get(parameters("shanghai.rep1"))
    assert (before.date_format, before.currency_symbol) == (Parameters.DATE_FORMAT_ISO, "¥")
    assert (before.language, before.time_zone) == (Parameters.LANGUAGE_CHINESE, "Asia/Shanghai")
    assert not before.HasField("update_time")
    changed = update(parameters("admin"), date_format=Parameters.DATE_FORMAT_CHINESE, time_zone="Asia/Urumqi")
    assert get(parameters("shanghai.rep1")) == changed
    assert (changed.date_format, changed.time_zone) == (Parameters.DATE_FORMAT_CHINESE, "Asia/Urumqi")
    assert changed.currency_symbol == "¥"
    assert changed.HasField("update_time")


def test_a_change_from_an_old_version_is_refused(parameters, refused):
    before = get(parameters("admin"))
    update(parameters("admin"), currency_symbol="CNY", etag=before.etag)
    with refused() as refusal:
        update(parameters("admin"), currency_symbol="¥", etag=before.etag)
    assert refusal.reason == "ETAG_MISMATCH"


def test_a_change_that_names_nothing_changes_nothing(parameters):
    before = get(parameters("admin"))
    assert update(parameters("admin")) == before


@pytest.mark.parametrize(
    ("fields", "mask", "named"),
    [
        ({"time_zone": "Asia/Atlantis"}, [], "parameters.timeZone"),
        ({"time_zone": "Asia"}, [], "parameters.timeZone"),
        ({"time_zone": "../etc/passwd"}, [], "parameters.timeZone"),
        ({"currency_symbol": "a long symbol"}, [], "parameters.currencySymbol"),
        ({"currency_symbol": "\n"}, [], "parameters.currencySymbol"),
        ({}, ["currency_symbol"], "parameters.currencySymbol"),
        ({"date_format": 99}, [], "parameters.dateFormat"),
    ],
)
def test_what_cannot_be_shown_is_refused(parameters, refused, fields, mask, named):
    with refused() as refusal:
        update(parameters("admin"), mask, **fields)
    assert refusal.fields == [named]


def test_part_of_the_organisation_does_not_decide_for_all(parameters, with_role, tokens, refused):
    with_role("shanghai.rep7", "platform_admin", "SUBTREE")
    for username in ("shanghai.rep7", "shanghai.rep1"):
        with refused() as refusal:
            update(parameters(username), currency_symbol="$")
        assert refusal.reason == "NOT_PERMITTED"
