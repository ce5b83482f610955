"""Answers TrackService."""

from chassis.access.people import demand_person
from chassis.calendar import local_date
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.visit.v1 import tracks_pb2 as pb

from visit.organisation import UnitPaths
from visit.positions import Fix, fill
from visit.times import span_of_day
from visit.tracks import store
from visit.tracks.batch import sort_out
from visit.tracks.months import Months
from visit.tracks.rules import CLOCK_AHEAD, Gate, microseconds
from visit.work_policies.rules import policy_on
from visit.work_policies.store import read_versions

DEFAULT_PAGE_SIZE = 1000
MAX_PAGE_SIZE = 5000


class TrackServicer:
    contract = pb.DESCRIPTOR.services_by_name["TrackService"]

    def __init__(self, organisation: UnitPaths) -> None:
        self._organisation = organisation
        self._months = Months()

    def append_track_points(
        self, request: pb.AppendTrackPointsRequest, call: Call
    ) -> pb.AppendTrackPointsResponse:
        demand_person(call.caller)
        batch = sort_out(request, self._gate(call))
        self._months.ensure(call, batch.captured)
        caller = call.caller
        accepted = store.append(
            call.connection,
            batch,
            user_id=caller.subject,
            unit_id=caller.unit_id,
            device_id=caller.device_id or request.device_id,
            now=call.now,
        )
        call.changed(f"tracks/{caller.subject}")
        response = pb.AppendTrackPointsResponse(
            accepted_count=accepted, duplicate_count=len(batch.captured) - accepted
        )
        for index, reason in batch.refused:
            response.refused.add(index=index, reason=reason)
        return response

    def list_track_points(self, request: pb.ListTrackPointsRequest, call: Call) -> pb.ListTrackPointsResponse:
        page = page_of(request, default=DEFAULT_PAGE_SIZE, largest=MAX_PAGE_SIZE, keys=1)
        span = span_of_day(request.on_date, "onDate")
        rows = store.read_page(call.connection, request.user_id, span, page, call.scope)
        shown, token = page.cut(rows, lambda row: (microseconds(row.captured_at),))
        response = pb.ListTrackPointsResponse(next_page_token=token)
        for row in shown:
            point = response.points.add(speed_mps=row.speed_mps)
            point.captured_time.FromDatetime(row.captured_at)
            fill(point.position, Fix(row.latitude, row.longitude, row.accuracy_meters))
        return response

    def _gate(self, call: Call) -> Gate:
        path = self._organisation.path(call.caller.unit_id)
        versions = read_versions(call.connection, path, local_date(call.now + CLOCK_AHEAD))
        replaced_at = call.caller.captured_until
        return Gate(call.now, lambda day: policy_on(versions, path, day), replaced_at)
