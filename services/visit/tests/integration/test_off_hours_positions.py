"""R002: a position outside working time is nowhere afterwards: no table, event, dead letter or log line."""

import json
import os
import struct
import subprocess
import sys
import textwrap

import pytest
from chassis.service.background import housekeeping
from sqlalchemy import text

IN_HOURS = (31.2345671, 121.4765431)
OFF_HOURS = (31.2987613, 121.4123457)
ON_A_DAY_OFF = (31.3456719, 121.5678917)
WRONG_CLOCK = (31.4567823, 121.6789131)

# The service as its process runs it, with its own log; the last batch meets a database that fails.
SCRIPT = """
    import json, os, sys
    from datetime import UTC, datetime
    from chassis import logging
    from chassis.clock import FixedClock
    from chassis.database import Database
    from chassis.testing import OneUnitEach, serving
    import grpc
    from google.type import latlng_pb2
    from journeyman.types.v1 import position_pb2
    from journeyman.visit.v1 import tracks_pb2 as pb, tracks_pb2_grpc
    from visit import tracks

    class Units(OneUnitEach):
        def path(self, unit_id):
            return [unit_id]

    batches = json.loads(sys.argv[1])
    logging.configure("visit")
    database = Database(os.environ["DATABASE"], "test")
    clock = FixedClock(datetime(2026, 3, 2, 4, tzinfo=UTC))
    with serving(
        [tracks.TrackServicer(Units())],
        database=database, clock=clock, tree=Units(), errors={}, service="visit",
    ) as running, running.channel(running.issuer.token("tracks.append")) as channel:
        stub = tracks_pb2_grpc.TrackServiceStub(channel)
        for batch in batches:
            request = pb.AppendTrackPointsRequest(device_id="phone-1")
            for moment, (latitude, longitude) in batch:
                point = request.points.add()
                point.captured_time.FromJsonString(moment)
                point.position.location.latitude = latitude
                point.position.location.longitude = longitude
            try:
                answer = stub.AppendTrackPoints(request, metadata=[("idempotency-key", f"key-{len(batch)}")])
                print(json.dumps({"accepted": answer.accepted_count, "refused": len(answer.refused)}))
            except grpc.RpcError as error:
                print(json.dumps({"code": error.code().name, "details": error.details()}))
    logging.flush()
    database.close()
"""

MIXED = [
    ("2026-03-02T03:00:00Z", IN_HOURS),
    ("2026-03-02T00:29:59Z", OFF_HOURS),
    ("2026-03-01T03:00:00Z", ON_A_DAY_OFF),
    ("1970-01-01T00:00:00Z", WRONG_CLOCK),
    ("2026-03-02T05:00:00Z", WRONG_CLOCK),
]
BROKEN = [("2026-03-02T03:00:01Z", IN_HOURS), ("2026-03-02T00:29:59Z", OFF_HOURS)]


def run(made, *batches):
    database = made.open()
    housekeeping(database).run()
    database.close()
    finished = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), json.dumps(batches)],
        env=os.environ | {"DATABASE": made.runtime_url},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return finished.stdout + finished.stderr


def everything_kept(database):
    tables = text(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'r' AND n.nspname = 'public'"
    )
    with database.reading() as connection:
        names = connection.execute(tables).scalars().all()
        rows = [connection.exec_driver_sql(f'SELECT t::text FROM "{name}" t').scalars() for name in names]
        return "\n".join(line for each in rows for line in each).encode()


def traces_of(position, content):
    """The forms in which a coordinate could stand in rows, events and log lines."""
    forms = set()
    for number in position:
        written = f"{number:.6f}"[:-1]  # five decimals: a metre
        forms |= {written.encode(), written.encode().hex().encode()}
        for order in "<>":
            packed = struct.pack(f"{order}d", number)
            forms |= {packed, packed.hex().encode()}
    return [form for form in forms if form in content]


@pytest.mark.rule("R002")
def test_no_position_outside_working_time_is_kept_anywhere_R002(databases):
    with databases.database() as made:
        database = made.open()
        log = run(made, MIXED)
        kept = everything_kept(database)
        database.close()
    assert b'"accepted": 1, "refused": 4' in log
    assert b"AppendTrackPoints" in log
    assert len(traces_of(IN_HOURS, kept)) == 2  # the search finds what is there
    for position in (OFF_HOURS, ON_A_DAY_OFF, WRONG_CLOCK):
        assert traces_of(position, kept) == []
        assert traces_of(position, log) == []


@pytest.mark.rule("R002")
def test_a_failing_database_brings_no_position_into_the_log_R002(databases):
    with databases.database() as made:
        database = made.open()
        owner = type(database)(made.owner_url, "test")
        with owner.begin() as connection:
            connection.execute(text("ALTER TABLE track_points ADD CHECK (speed_mps > 0)"))
        owner.close()
        log = run(made, BROKEN)
        kept = everything_kept(database)
        database.close()
    assert b'"code": "INTERNAL"' in log
    assert b"CheckViolation" in log
    for position in (IN_HOURS, OFF_HOURS):
        assert traces_of(position, log) == []
        assert traces_of(position, kept) == []
