"""A backup is taken while people write; the platform is destroyed, restored elsewhere, and goes on."""

import threading
import time
from contextlib import contextmanager

import psycopg
import pytest
from demo_week.api import Api
from local_stack import archive, backup, databases, table
from local_stack.errors import LocalStackError
from local_stack.stack import Stack
from local_stack.state import temporary_folder

BUDGET = {"resourceClass": "promo_goods", "periodStartDate": "2026-01-01", "periodEndDate": "2026-12-31"}
FUND = {"code": "RESTORE", "funder": "总部", "feeKind": "促销费"}
DIVISIONS = "31"


def eventually(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)  # the pause between two looks at a condition
    return found


@contextmanager
def signed_in(stack, username):
    with Api(stack.url("gateway"), username) as api:
        api.sign_in()
        yield api


class Writer:
    """Adds customers until it is told to stop, and remembers those that were acknowledged."""

    def __init__(self, stack):
        self._stack = stack
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.acknowledged = []

    def __enter__(self):
        self._thread.start()
        eventually(lambda: len(self.acknowledged) > 10)
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join()

    def _write(self):
        with signed_in(self._stack, "shanghai.rep1") as api:
            while not self._stopped.wait(0.05):  # a person does not write faster either
                self.acknowledged.append(add(api, f"shop {len(self.acknowledged)}"))


def add(api, name):
    return api.post("/v1/customers", {"name": name, "divisionCode": DIVISIONS})["id"]


def customers(api):
    found, token = set(), None
    while token != "":
        answer = api.get("/v1/customers", pageSize=200, pageToken=token or "")
        found |= {customer["id"] for customer in answer["customers"]}
        token = answer["nextPageToken"]
    return found


def spend(api):
    """A fund and a budget, which is an entry of the ledger."""
    (unit,) = api.get("/v1/orgUnits", code="shanghai")["orgUnits"]
    amount = {"currencyCode": "CNY", "units": "1000"}
    fund = api.post("/v1/funds", FUND)["id"]
    return api.post("/v1/budgets", BUDGET | {"fundId": fund, "unitId": unit["id"], "amount": amount})["id"]


def findings(api, path):
    """What a proof of everything finds, and how many entries it goes through."""
    found, count, token = [], 0, None
    while token != "":
        answer = api.get(path, pageSize=5000, pageToken=token or "")
        found += answer["findings"]
        count += answer["entryCount"]
        token = answer["nextPageToken"]
    return found, count


def reported(api):
    return sum(row["activeCount"] for row in api.get("/v1/reports/customers")["rows"])


def logged(api, customer_id):
    return api.get("/v1/auditLog", resource=f"customers/{customer_id}")["auditEntries"]


def fill(stack):
    """Have something in every service, and the consumers agree about it. Returns the budget."""
    (stack.folder / "files").mkdir(exist_ok=True)
    (stack.folder / "files" / "photo").write_bytes(b"a photo")
    (stack.folder / "files" / "photo2.part").write_bytes(b"half a ph")
    with signed_in(stack, "admin") as admin:
        return spend(admin)


@pytest.mark.rule("R137")
@pytest.mark.rule("R150")
def test_everything_acknowledged_before_a_backup_is_there_after_a_restore_R137_R150(tmp_path):
    target = tmp_path / "backup"
    with temporary_folder() as lost, Stack(lost) as stack:
        budget = fill(stack)
        with Writer(stack) as writer:
            before = set(writer.acknowledged)
            manifest = backup.take(lost, target)
            during = len(writer.acknowledged)
            eventually(lambda: len(writer.acknowledged) > during + 5)
            after = set(writer.acknowledged[during + 2 :])
        with signed_in(stack, "admin") as admin:
            assert admin.get("/v1/customers")["customers"]
    assert not (tmp_path / "backup.partial").exists()
    assert set(manifest.parts) == {path.name for path in target.iterdir()} - {archive.MANIFEST}

    with temporary_folder() as fresh:
        assert backup.restore(fresh, target) == manifest
        assert ahead(fresh) == []
        assert (fresh / "files" / "photo").read_bytes() == b"a photo"
        assert not (fresh / "files" / "photo2.part").exists()
        with Stack(fresh) as stack, signed_in(stack, "admin") as admin:
            assert customers(admin) >= before
            assert not customers(admin) & after
            assert admin.get(f"/v1/budgets/{budget}")["available"]["units"] == "1000"
            works_on(stack, admin, before)


def ahead(folder):
    """The consumers that have applied more than their producer's restored outbox has."""
    with backup._server(folder, None) as server:
        heads, found = {}, []
        for service in table.SERVICES:
            with psycopg.connect(databases.url_of(server, service)) as connection:
                heads[service] = connection.execute("SELECT position FROM outbox_head").fetchone()[0]
                found += connection.execute("SELECT source, position FROM consumer_positions").fetchall()
    assert len(found) > len(table.SERVICES)
    return [(source, position) for source, position in found if position > heads[source]]


def works_on(stack, admin, before):
    """Reports and the log agree with the customers again, and with what is added now; the proofs hold."""
    with signed_in(stack, "shanghai.rep1") as rep:
        new = add(rep, "the first one after the restore")
    eventually(lambda: logged(admin, new))
    eventually(lambda: reported(admin) == len(customers(admin)))
    assert all(logged(admin, id_) for id_ in sorted(before)[:3])
    assert findings(admin, "/v1/ledgerEntries:verify") == ([], 1)
    wrong, count = findings(admin, "/v1/auditLog:verify")
    assert wrong == []
    assert count >= len(before)


def test_a_backup_that_was_damaged_is_refused_before_anything_is_done(tmp_path):
    part = tmp_path / archive.FILES
    archive.pack(tmp_path / "nothing", part)
    parts = {archive.FILES: archive.part(part)}
    archive.write(tmp_path, archive.Manifest("2026-03-02", "180000", {}, {}, parts))
    assert archive.read(tmp_path).parts == parts
    part.write_bytes(part.read_bytes() + b"x")
    with (
        temporary_folder() as fresh,
        pytest.raises(LocalStackError, match="not what was backed up"),
    ):
        backup.restore(fresh, tmp_path)


def test_what_is_no_backup_is_refused(tmp_path):
    with temporary_folder() as fresh, pytest.raises(LocalStackError, match="is no backup"):
        backup.restore(fresh, tmp_path / "nowhere")


def test_a_backup_never_goes_over_what_is_there(tmp_path):
    with (
        temporary_folder() as folder,
        pytest.raises(LocalStackError, match="name a new folder"),
    ):
        backup.take(folder, tmp_path)
