import os
from datetime import UTC, datetime
from urllib.parse import urlsplit

import psycopg
import pytest
from chassis.events import Consumer, OwnFeed, Received, Relay
from chassis.identifiers import new_id
from chassis.sealing import Sealer
from gateway.identity.audit_log import events
from gateway.identity.audit_log.chain import AUDIT_LOG
from journeyman.audit.v1 import events_pb2
from journeyman.events.v1 import feed_pb2
from journeyman.identity.v1 import audit_log_pb2 as pb
from journeyman.identity.v1 import audit_log_pb2_grpc, audit_reviews_pb2_grpc

MARCH = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


class AuditLog:
    """The audit log of an identity, and what its background process does for it."""

    def __init__(self, identity, redis_client):
        self.identity = identity
        database, metrics = identity.database, identity.runtime.metrics
        self._relay = Relay("identity", database, redis_client, metrics)
        (own,) = events.subscriptions(["identity"])
        self._consumer = Consumer(own, database, OwnFeed("identity", database), redis_client, metrics)
        self.sealer = Sealer(database, AUDIT_LOG)

    def take_own(self):
        """Take in what identity itself has written, and seal it."""
        while self._relay.step():
            pass
        while self._consumer.step():
            pass
        self.sealer.run()

    def write(self, *entries, at=MARCH, service="customer"):
        """Have another service's writes arrive; an entry is its fields. Returns their ids."""
        received = [self._received(fields, at, service) for fields in entries]
        self.apply(received)
        self.sealer.run()
        return [item.event.id for item in received]

    def apply(self, received):
        with self.identity.database.begin() as connection:
            events.apply(connection, received)

    def _received(self, fields, at, service):
        data = events_pb2.AuditRecorded(**{"caller": "finance-erp", "method": "m", **fields})
        type_ = f"journeyman.{service}.audit.recorded.v1"
        event = feed_pb2.Event(id=new_id(), source=f"journeyman.{service}", type=type_)
        event.time.FromDatetime(at)
        return Received(event, data)

    def stub(self, token):
        return self.identity.stub(audit_log_pb2_grpc.AuditServiceStub, token)

    def reviews(self, token):
        return self.identity.stub(audit_reviews_pb2_grpc.AuditReviewServiceStub, token)

    def list(self, token, **filters):
        request = pb.ListAuditEntriesRequest(**filters)
        return list(self.stub(token).ListAuditEntries(request).audit_entries)

    def verify(self, token, page_size=0):
        """Prove the whole log. Returns what is wrong by name, id and position, and the number of entries."""
        found, count, page_token = [], 0, ""
        while True:
            request = pb.VerifyAuditLogRequest(page_size=page_size, page_token=page_token)
            answer = self.stub(token).VerifyAuditLog(request)
            count += answer.entry_count
            found += [
                (pb.VerifyAuditLogResponse.Finding.Kind.Name(each.kind)[5:], each.id, each.position)
                for each in answer.findings
            ]
            page_token = answer.next_page_token
            if not page_token:
                return found, count

    def grant(self, username, role, unit_code):
        """Give a role over a unit and those below it, and return a token of the person."""
        self.identity.change(
            "INSERT INTO role_assignments"
            " SELECT gen_random_uuid(), users.id, :role, org_units.id, 'SUBTREE', now() FROM users, org_units"
            " WHERE username = :username AND code = :code",
            username=username,
            role=role,
            code=unit_code,
        )
        return self.identity.token(username)

    def tamper(self, *statements):
        """Do what only the server's superuser can, past triggers and keys."""
        server = urlsplit(os.environ["JOURNEYMAN_TEST_POSTGRES_URL"])
        with psycopg.connect(server._replace(path=self._url.path).geturl()) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                assert connection.execute(statement).rowcount > 0

    def owner(self):
        """Connect as the owner of the database, who migrates it."""
        return psycopg.connect(
            self._url._replace(netloc=self._url.netloc.replace("_runtime", "_owner")).geturl()
        )

    @property
    def _url(self):
        return urlsplit(self.identity.runtime.settings.database_url.get_secret_value())


@pytest.fixture
def log(identity, redis_client):
    return AuditLog(identity, redis_client)


@pytest.fixture
def admin(identity):
    return identity.token("admin")
