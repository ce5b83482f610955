"""A phone that was replaced hands in what it had captured, and does nothing else."""

import time
from dataclasses import replace

import pytest
from chassis.access import Caller, Grant, Scope
from chassis.access.methods import method_rule
from chassis.access.permitted import demand_permitted
from chassis.access.replaced import demand_captured_before
from chassis.errors import DeviceReplaced, InvalidFields, NotPermitted
from chassis.testing import TokenIssuer
from journeyman.customer.v1 import customers_pb2
from journeyman.visit.v1 import photos_pb2, tracks_pb2, visits_pb2

REPLACED_AT = 1_772_409_600.5
MAY = (Grant(frozenset({"visits.*", "tracks.*"}), "unit", Scope.SELF),)
BOUND = Caller("me", True, "session", "unit", MAY, time.time(), time.time() + 900, "phone")  # noqa: FBT003
REPLACED = replace(BOUND, captured_until=REPLACED_AT)


def demand(caller, service, method, request):
    demand_permitted(method_rule(service.methods_by_name[method]), caller)
    demand_captured_before(request, caller)


def photo(captured=None):
    request = photos_pb2.BeginPhotoUploadRequest()
    if captured is not None:
        request.captured_time.FromNanoseconds(round(captured * 1_000_000_000))
    return request


PHOTOS = photos_pb2.DESCRIPTOR.services_by_name["PhotoService"]
VISITS = visits_pb2.DESCRIPTOR.services_by_name["VisitService"]
TRACKS = tracks_pb2.DESCRIPTOR.services_by_name["TrackService"]


def test_what_was_captured_up_to_the_replacement_is_handed_in():
    for captured in (0, REPLACED_AT - 1, REPLACED_AT):
        demand(REPLACED, PHOTOS, "BeginPhotoUpload", photo(captured))
    demand(REPLACED, TRACKS, "AppendTrackPoints", tracks_pb2.AppendTrackPointsRequest())


@pytest.mark.parametrize("captured", [REPLACED_AT + 0.000001, 10**11, None])
def test_what_was_captured_later_or_is_not_dated_is_refused(captured):
    with pytest.raises(InvalidFields) as refused:
        demand(REPLACED, PHOTOS, "BeginPhotoUpload", photo(captured))
    (problem,) = refused.value.problems
    assert (problem.path, problem.reason) == ("capturedTime", "CAPTURED_AFTER_REPLACEMENT")
    demand(BOUND, PHOTOS, "BeginPhotoUpload", photo(captured))


@pytest.mark.parametrize("method", ["CheckInVisit", "CompleteVisit", "GetVisit"])
def test_what_hands_in_nothing_is_closed(method):
    request = visits_pb2.CheckInVisitRequest()
    with pytest.raises(DeviceReplaced):
        demand(REPLACED, VISITS, method, request)
    demand(BOUND, VISITS, method, request)


def test_a_replaced_phone_is_told_so_and_not_that_a_role_is_missing():
    customers = customers_pb2.DESCRIPTOR.services_by_name["CustomerService"]
    with pytest.raises(DeviceReplaced):
        demand(REPLACED, customers, "ListCustomers", customers_pb2.ListCustomersRequest())
    for caller in (REPLACED, BOUND):
        with pytest.raises(NotPermitted):
            demand(replace(caller, grants=()), PHOTOS, "BeginPhotoUpload", photo(0))


def test_a_token_tells_the_phone_and_when_it_was_replaced():
    issuer = TokenIssuer()
    verifier = issuer.verifier()
    plain = verifier.verify(issuer.token("visits.write"))
    assert (plain.device_id, plain.captured_until) == ("", None)
    claims = {"device": "phone", "captured_until": REPLACED_AT}
    found = verifier.verify(issuer.token("visits.write", scope=Scope.SELF, claims=claims))
    assert (found.device_id, found.captured_until) == ("phone", REPLACED_AT)
