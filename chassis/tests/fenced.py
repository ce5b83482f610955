"""Runs a relay or a consumer with short leases until it is told to stop: a process that a test can freeze."""

import logging
import os
import signal
import sys
import threading

import redis
import structlog
from chassis.client import authenticated, open_channel
from chassis.database import Database
from chassis.events import Consumer, Relay, Subscription
from chassis.metrics import Metrics
from journeyman.identity.v1.events_pb2 import OrgUnitChanged
from sqlalchemy import text


def write(connection, received):
    rows = [{"id": item.data.code} for item in received]
    connection.execute(text("INSERT INTO notes VALUES (:id, '')"), rows)


def write_and_die(connection, received):
    write(connection, received)
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    kind, database_url, redis_url, target, token = sys.argv[1:]
    database, client = Database(database_url, "fenced"), redis.Redis.from_url(redis_url)
    if kind == "relay":
        looping = Relay("notes", database, client, Metrics())
    else:
        channel = authenticated(open_channel(target), lambda: token)
        apply = write_and_die if kind == "mortal consumer" else write
        subscription = Subscription("c", "notes", (OrgUnitChanged,), apply)
        looping = Consumer(subscription, database, channel, client, Metrics())
    looping._lease.seconds = 0.3
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    sys.stdout.write("running\n")
    sys.stdout.flush()
    looping.run(stopped)


main()
