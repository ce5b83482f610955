"""A visit service with a customer service beside it, and people of an organisation who call it."""

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import grpc
import pytest
from chassis.access import Scope
from chassis.clock import FixedClock
from chassis.corrections import CorrectionServicer, CorrectionsToDecide
from chassis.testing import Serving, Tree, serving
from chassis.uploads.folder import FolderStore
from chassis.uploads.server import files_application
from chassis.work import WorkServicer
from google.protobuf import any_pb2
from journeyman.corrections.v1 import corrections_pb2_grpc
from journeyman.customer.v1 import customers_pb2, customers_pb2_grpc
from journeyman.visit.v1 import (
    photos_pb2,
    photos_pb2_grpc,
    visit_plans_pb2_grpc,
    visits_pb2,
    visits_pb2_grpc,
)
from journeyman.visit.v1 import visit_plans_pb2 as plans_pb
from journeyman.work.v1 import work_pb2, work_pb2_grpc
from sqlalchemy import text
from visit import customers, photos, visit_plans, visits, work_policies
from visit.customers import KnownCustomers
from visit.photos import PhotoEvidence, PhotoFiles, PhotoServicer
from visit.visit_plans import VisitPlanServicer
from visit.visits import VisitServicer

from chassis import corrections
from directory import UnknownUnit

ROOT = "00000000-0000-7000-8000-0000000000a0"
EAST = "00000000-0000-7000-8000-0000000000a1"
WEST = "00000000-0000-7000-8000-0000000000a2"
PARENTS = {ROOT: None, EAST: ROOT, WEST: ROOT}
TREE = Tree(PARENTS)
MONDAY = date(2026, 3, 2)
SUNDAY_EVENING = datetime(2026, 3, 1, 12, tzinfo=UTC)  # 20:00 in Shanghai
PERMISSIONS = ("visitPlans.*", "visits.*", "customers.read")
FILES_KEY = bytes(32)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(200)
FRONT, DISPLAY = photos_pb2.Photo.KIND_FRONT, photos_pb2.Photo.KIND_DISPLAY
TICKED = visits_pb2.Checklist(
    display_tidied=True,
    products_cleaned=True,
    posm_tidied=True,
    promotion_introduced=True,
    competitor_activity_learned=True,
    sell_through_learned=True,
)


def make_id():
    return str(uuid.uuid4())


class CustomerService(customers_pb2_grpc.CustomerServiceServicer):
    """Customer's side of the contract, as far as visit asks about it."""

    def __init__(self):
        self.customers = {}
        self.asked = []

    def GetCustomer(self, request, context):
        self.asked.append(request.customer_id)
        if request.customer_id not in self.customers:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such customer")
        return self.customers[request.customer_id]

    def add(self, *, owner="", unit=EAST, active=True):
        """Add a customer that no event has told of yet. Returns its id."""
        state = customers_pb2.Customer.STATE_ACTIVE if active else customers_pb2.Customer.STATE_ARCHIVED
        customer = customers_pb2.Customer(id=make_id(), unit_id=unit, owner_id=owner, state=state)
        self.customers[customer.id] = customer
        return customer.id


@pytest.fixture
def customer_service():
    return CustomerService()


@pytest.fixture
def customer_server():
    server = grpc.server(ThreadPoolExecutor(4))
    yield server
    server.stop(None).wait()


@pytest.fixture
def customer_target(customer_service, customer_server):
    customers_pb2_grpc.add_CustomerServiceServicer_to_server(customer_service, customer_server)
    port = customer_server.add_insecure_port("127.0.0.1:0")
    customer_server.start()
    return f"127.0.0.1:{port}"


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def files_url(tmp_path):
    """The files process over a folder of the test."""
    application = files_application(FolderStore(tmp_path), FILES_KEY)
    with make_server("127.0.0.1", 0, application, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def send(method, url, body=None, headers=()):
    """Send a request to the files process. Returns status and body of the answer."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc)
    try:
        connection.request(method, parts.path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@dataclass
class Person:
    """Somebody who calls the service."""

    id: str
    unit: str
    plans: visit_plans_pb2_grpc.VisitPlanServiceStub
    visits: visits_pb2_grpc.VisitServiceStub
    photos: photos_pb2_grpc.PhotoServiceStub
    work: work_pb2_grpc.WorkServiceStub
    corrections: corrections_pb2_grpc.CorrectionServiceStub
    clock: FixedClock

    def draft(self, *stops, week=MONDAY):
        """Draft a plan from (customer, day of the week from 0)."""
        plan = plans_pb.VisitPlan(week_start_date=week.isoformat(), stops=_stops(stops, week))
        return self.plans.CreateVisitPlan(plans_pb.CreateVisitPlanRequest(visit_plan=plan))

    def rewrite(self, plan, *stops):
        wanted = plans_pb.VisitPlan(id=plan.id, stops=_stops(stops, MONDAY))
        return self.plans.UpdateVisitPlan(plans_pb.UpdateVisitPlanRequest(visit_plan=wanted))

    def submit(self, plan):
        return self.plans.SubmitVisitPlan(plans_pb.SubmitVisitPlanRequest(visit_plan_id=plan.id))

    def submitted(self, *stops):
        return self.submit(self.draft(*stops))

    def open(self, customer):
        return self.visits.CreateVisit(
            visits_pb2.CreateVisitRequest(visit=visits_pb2.Visit(customer_id=customer))
        )

    def check_in(self, visit, **fields):
        return self.visits.CheckInVisit(visits_pb2.CheckInVisitRequest(visit_id=visit.id, **fields))

    def submit_checklist(self, visit, checklist=TICKED, *, captured_at=None):
        request = visits_pb2.SubmitChecklistRequest(visit_id=visit.id, checklist=checklist)
        if captured_at:
            request.captured_time.FromDatetime(captured_at)
        return self.visits.SubmitChecklist(request)

    def begin_photo(self, visit, kind, *, size=1000, captured_at=None):
        request = photos_pb2.BeginPhotoUploadRequest(visit_id=visit.id, kind=kind, size_bytes=size)
        request.captured_time.FromDatetime(captured_at or self.clock.now())
        return self.photos.BeginPhotoUpload(request)

    def take_photo(self, visit, kind, body=JPEG):
        photo = self.begin_photo(visit, kind, size=len(body))
        assert send("PUT", photo.upload_url, body) == (201, b"")
        return photo

    def complete(self, visit, **notes):
        return self.visits.CompleteVisit(visits_pb2.CompleteVisitRequest(visit_id=visit.id, **notes))

    def check_out(self, visit):
        return self.visits.CheckOutVisit(visits_pb2.CheckOutVisitRequest(visit_id=visit.id))

    def with_checklist(self, customer):
        """Open a visit, check in, and submit the checklist."""
        visit = self.open(customer)
        self.check_in(visit)
        return self.submit_checklist(visit)

    def visited(self, customer, *kinds):
        """Make a whole visit with photos of these kinds, both if none is named."""
        visit = self.with_checklist(customer)
        for kind in kinds or (FRONT, DISPLAY):
            self.take_photo(visit, kind)
        self.complete(visit)
        return self.check_out(visit)

    def tasks(self, language="en", **page):
        """Return what waits for the person."""
        request = work_pb2.ListMyTasksRequest(**page)
        return self.work.ListMyTasks(request, metadata=[("accept-language", language)]).tasks

    def get(self, visit):
        return self.visits.GetVisit(visits_pb2.GetVisitRequest(visit_id=visit.id))


def _stops(stops, week):
    for customer, day in stops:
        yield plans_pb.PlanStop(customer_id=customer, visit_date=(week + timedelta(days=day)).isoformat())


@dataclass
class World:
    """The running service and what the tests change around it."""

    serving: Serving
    clock: FixedClock
    database: object
    customers: CustomerService
    stack: ExitStack = field(repr=False)

    def person(
        self, *, unit=EAST, scope=Scope.SELF, permissions=PERMISSIONS, user=None, person=True, metadata=()
    ):
        user = user or make_id()
        token = self.serving.issuer.token(*permissions, subject=user, unit=unit, scope=scope, person=person)
        channel = self.stack.enter_context(self.serving.channel(token))
        if metadata:
            channel = grpc.intercept_channel(channel, _Metadata(metadata))
        return Person(
            user,
            unit,
            visit_plans_pb2_grpc.VisitPlanServiceStub(channel),
            visits_pb2_grpc.VisitServiceStub(channel),
            photos_pb2_grpc.PhotoServiceStub(channel),
            work_pb2_grpc.WorkServiceStub(channel),
            corrections_pb2_grpc.CorrectionServiceStub(channel),
            self.clock,
        )

    def customer(self, owner):
        return self.customers.add(owner=owner.id, unit=owner.unit)

    def at(self, day, hour, minute=0, second=0):
        """Set the business clock to a time in Shanghai on a day of the week from 0."""
        midnight = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=UTC) - timedelta(hours=8)
        self.clock.set(midnight + timedelta(days=day, hours=hour, minutes=minute, seconds=second))

    def facts(self, kind, message):
        """Return the published events of a kind, oldest first: version and fact."""
        query = text("SELECT aggregate_version, data FROM outbox WHERE type = :type ORDER BY seq")
        with self.database.reading() as connection:
            rows = connection.execute(query, {"type": f"journeyman.visit.{kind}.v1"}).all()
        return [(row[0], _unpacked(row[1], message)) for row in rows]


def _unpacked(data, message):
    fact = message()
    assert any_pb2.Any.FromString(bytes(data)).Unpack(fact)
    return fact


class _Metadata(grpc.UnaryUnaryClientInterceptor):
    def __init__(self, pairs):
        self._pairs = pairs

    def intercept_unary_unary(self, continuation, client_call_details, request):
        details = client_call_details._replace(metadata=[*(client_call_details.metadata or ()), *self._pairs])
        return continuation(details, request)


class Organisation:
    """Knows the units of the tree, and that there are no others."""

    def path(self, unit_id):
        if unit_id not in PARENTS:
            raise UnknownUnit
        return TREE.path(unit_id)


@pytest.fixture
def world(database, customer_service, customer_target, tmp_path, files_url) -> Iterator[World]:
    clock = FixedClock(SUNDAY_EVENING)
    with ExitStack() as stack:
        channel = stack.enter_context(grpc.insecure_channel(customer_target))
        known = KnownCustomers(database, channel)
        files = PhotoFiles(tmp_path, files_url, FILES_KEY)
        servicers = [
            VisitPlanServicer(database, TREE, known, visits.begun_stops),
            VisitServicer(TREE, known, PhotoEvidence(database, files)),
            PhotoServicer(files),
            CorrectionServicer("visit", [visits.CompletedVisits()]),
            WorkServicer(
                [
                    visit_plans.Drafts(),
                    visit_plans.Missing(Organisation()),
                    visits.InProgress(),
                    CorrectionsToDecide("visit", visits.CompletedVisits()),
                ]
            ),
        ]
        tables = (customers, visit_plans, visits, photos, work_policies, corrections)
        errors = {error: kind for table in tables for error, kind in table.ERRORS.items()}
        running = stack.enter_context(
            serving(servicers, database=database, clock=clock, tree=TREE, errors=errors, service="visit")
        )
        yield World(running, clock, database, customer_service, stack)


@pytest.fixture
def put():
    """Return what sends a body to a link: `put(url, body, headers)` gives status and answer."""
    return lambda url, body, headers=(): send("PUT", url, body, headers)


@pytest.fixture
def fetch():
    return lambda url: send("GET", url)
