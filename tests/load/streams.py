"""Rates of the two streams: events from the outbox to a read model, and points of tracks over gRPC."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time

import grpc
import psycopg
from chassis.clock import write_clock_file
from chassis.database import Database
from chassis.identifiers import new_id
from chassis.outbox import Fact
from journeyman.customer.v1 import events_pb2
from journeyman.visit.v1 import tracks_pb2
from local_stack.stack import Stack

from chassis import calendar, outbox
from tests.load import platform
from tests.load.processes import cpu_seconds

EVENTS = 20_000
BATCHES, POINTS = 100, 1000
PEOPLE = 4
_PATIENCE_SECONDS = 120
_DAY = date(2026, 11, 18)
_APPEND = "/journeyman.visit.v1.TrackService/AppendTrackPoints"
_COPIED = "user_id, captured_at, unit_id, device_id, latitude, longitude, accuracy_meters, speed_mps"


def lines(stack: Stack) -> Iterator[str]:
    yield events(stack)
    yield from points(stack)


def events(stack: Stack) -> str:
    """Commit events in the outbox of customer, and wait until all of them stand in reporting's read model."""
    names = ("customer", "customer-background", "reporting-background")
    roots = [platform.process_id(stack, name) for name in names]
    with psycopg.connect(stack._layout.databases["reporting"].runtime_url, autocommit=True) as reporting:
        wanted = _known(reporting) + EVENTS
        _publish(stack)
        used, began = cpu_seconds(roots), time.perf_counter()
        while _known(reporting) < wanted:
            if time.perf_counter() - began > _PATIENCE_SECONDS:
                raise TimeoutError
            time.sleep(0.05)  # the pause between two looks at a condition
        seconds, used = time.perf_counter() - began, cpu_seconds(roots) - used
    return (
        f"events: {EVENTS / seconds:,.0f} a second from the outbox to the read model,"
        f" {used / EVENTS * 1000:.2f} CPU s per 1,000 in {', '.join(names)}"
    )


def _known(reporting: "psycopg.Connection[tuple[int]]") -> int:
    return reporting.execute("SELECT count(*) FROM customers").fetchone()[0]


def _publish(stack: Stack) -> None:
    owner, unit = new_id(), new_id()
    facts = []
    for _ in range(EVENTS):
        id_ = new_id()
        data = events_pb2.CustomerChanged(customer_id=id_, owner_id=owner, unit_id=unit, active=True)
        facts.append(Fact("journeyman.customer.customer.created.v1", id_, 1, data))
    database = Database(stack._layout.databases["customer"].runtime_url, "bench")
    with database.begin() as connection:
        outbox.append(connection, facts, datetime.now(UTC))
    database.close()


def points(stack: Stack) -> Iterator[str]:
    """Send points of a Wednesday's working time over gRPC, and COPY as many into such a table."""
    write_clock_file(stack.clock_file, calendar.at(_DAY, wall_time(18, 30)))
    url = stack.url("gateway")
    tokens = [platform.Http(url, f"shanghai.rep{number + 1}").token for number in range(PEOPLE)]
    requests = [(_batch(number // PEOPLE), tokens[number % PEOPLE]) for number in range(BATCHES)]
    with grpc.insecure_channel(stack.url("visit")) as channel, ThreadPoolExecutor(8) as threads:
        append = channel.unary_unary(_APPEND)

        def send(request: tuple[bytes, str]) -> int:
            answer = append(request[0], metadata=[("authorization", f"Bearer {request[1]}")], timeout=60)
            return tracks_pb2.AppendTrackPointsResponse.FromString(answer).accepted_count

        began = time.perf_counter()
        accepted = sum(threads.map(send, requests))
        seconds = time.perf_counter() - began
    stack.clock_file.unlink()
    if accepted != BATCHES * POINTS:
        message = f"only {accepted} points were kept"
        raise ValueError(message)
    yield (
        f"track points: {accepted / seconds:,.0f} a second over gRPC ({POINTS} a call);"
        f" COPY into such a table {_copied(stack):,.0f}"
    )


def _batch(number: int) -> bytes:
    first = calendar.at(_DAY, wall_time(9, 0)) + timedelta(seconds=number * POINTS / 2)
    request = tracks_pb2.AppendTrackPointsRequest(device_id="bench")
    for place in range(POINTS):
        point = request.points.add()
        point.captured_time.FromDatetime(first + timedelta(seconds=place / 2))
        point.position.location.latitude = 31.2 + place / 1e5
        point.position.location.longitude = 121.4 + place / 1e5
        point.position.accuracy_meters = 12.0
    return request.SerializeToString()


def _copied(stack: Stack) -> float:
    """Return how many rows a second one COPY writes into an empty table of the same columns and key."""
    with psycopg.connect(platform.superuser_url(stack, "journeyman_visit"), autocommit=True) as database:
        database.execute("CREATE TABLE bench_points (LIKE track_points INCLUDING ALL)")
        rows = [
            f"{user}\t{moment.isoformat()}\t{user}\tbench\t31.2\t121.4\t12\t0\t{moment.isoformat()}\n"
            for user in (new_id() for _ in range(PEOPLE))
            for moment in (datetime(2026, 11, 18, tzinfo=UTC) + timedelta(seconds=n) for n in range(25_000))
        ]
        text = "".join(rows)
        began = time.perf_counter()
        statement = f"COPY bench_points ({_COPIED}, received_at) FROM STDIN"
        with database.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(text)
        seconds = time.perf_counter() - began
        database.execute("DROP TABLE bench_points")
    return len(rows) / seconds
