import csv
import os
import uuid
from collections import Counter, defaultdict
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from chassis.calendar import BUSINESS_ZONE, at, is_workday
from google.protobuf.timestamp_pb2 import Timestamp
from journeyman.visit.v1 import tracks_pb2 as pb
from journeyman.visit.v1 import tracks_pb2_grpc
from sqlalchemy import text

BATCH = 500
LONG_AGO = datetime(2000, 1, 1, tzinfo=BUSINESS_ZONE)
BEHIND = pb.RefusedPoint.REASON_CLOCK_BEHIND
OUTSIDE = pb.RefusedPoint.REASON_OUTSIDE_WORKING_TIME


@pytest.fixture
def recorded():
    """Every row of the recorded phones, at the time that its wall clock showed, as if in Shanghai."""
    folder = os.environ.get("JOURNEYMAN_REAL_DATA")
    if not folder:
        pytest.skip("JOURNEYMAN_REAL_DATA names no folder with tracks/emission_locations.csv")
    with (Path(folder) / "tracks" / "emission_locations.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["moment"] = datetime.fromisoformat(row["local_time"]).replace(tzinfo=BUSINESS_ZONE)
    return rows


def days_of(rows):
    """The rows by person and day; a phone sends what its broken clock dated long ago with its next day."""
    days, held_back = defaultdict(list), defaultdict(list)
    for row in rows:
        person = row["person"]
        if row["moment"] < LONG_AGO:
            held_back[person].append(row)
        else:
            days[person, row["moment"].date()] += [*held_back.pop(person, ()), row]
    assert not held_back
    return days


def user_of(person):
    return str(uuid.uuid5(uuid.NAMESPACE_OID, person))


def point_of(row):
    captured = Timestamp()
    captured.FromDatetime(row["moment"])
    point = pb.TrackPoint(captured_time=captured, speed_mps=float(row["speed_mps"] or 0))
    point.position.location.latitude = float(row["lat"])
    point.position.location.longitude = float(row["lng"])
    point.position.accuracy_meters = float(row["accuracy_m"] or 0)
    return point


def expected(row):
    if row["moment"] < LONG_AGO:
        return BEHIND
    in_hours = time(8, 30) <= row["moment"].time() <= time(18, 0)
    return None if in_hours and is_workday(row["moment"].date()) else OUTSIDE


@pytest.mark.rule("R002")
def test_every_row_of_real_phones_is_accounted_for_R002(field, clock, database, recorded):
    counts, wrong = Counter(), []
    for (person, day), rows in days_of(recorded).items():
        clock.set(at(day, time(23, 59)) + timedelta(seconds=59))
        for first in range(0, len(rows), BATCH):
            batch = rows[first : first + BATCH]
            with field.rep(
                tracks_pb2_grpc.TrackServiceStub, who=str(uuid.uuid5(uuid.NAMESPACE_OID, person))
            ) as stub:
                answer = stub.AppendTrackPoints(pb.AppendTrackPointsRequest(points=map(point_of, batch)))
            counts["accepted"] += answer.accepted_count
            counts["duplicates"] += answer.duplicate_count
            refused = {item.index: item.reason for item in answer.refused}
            counts.update(refused.values())
            wrong += [row for index, row in enumerate(batch) if refused.get(index) != expected(row)]
    assert wrong == []
    assert sum(counts.values()) == len(recorded)
    assert counts[BEHIND] == 1
    kept = {(row["person"], row["moment"]) for row in recorded if expected(row) is None}
    assert counts["accepted"] == len(kept)
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM track_points")).scalar_one() == len(kept)
    print(dict(counts))  # noqa: T201 - the account of a run with `-s`
