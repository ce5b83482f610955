import csv
import io

import pytest
from chassis.jobs import intents
from gateway.identity.user_imports import job
from google.protobuf.field_mask_pb2 import FieldMask
from journeyman.identity.v1 import users_pb2, users_pb2_grpc
from journeyman.operations.v1 import operations_pb2, operations_pb2_grpc

Operation = operations_pb2.Operation
HEADER = "username,display_name,unit_code,employee_no,email,kind,certified_date,wechat_bound_date,role_code\n"


class Importing:
    """What an administrator does to import a file, and what the worker does with it."""

    def __init__(self, identity, username="admin"):
        token = identity.token(username)
        self._identity = identity
        self.users = identity.stub(users_pb2_grpc.UserServiceStub, token)
        self._operations = identity.stub(operations_pb2_grpc.OperationsServiceStub, token)

    def accept(self, content, **fields):
        begun = self.users.BeginUserImportUpload(
            users_pb2.BeginUserImportUploadRequest(size_bytes=len(content))
        )
        folder = self._identity.runtime.settings.files_folder / "user-imports"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / begun.upload_id).write_text(content, encoding="utf-8")
        request = users_pb2.ImportUsersRequest(upload_id=begun.upload_id, **fields)
        return self.users.ImportUsers(request).operation_id

    def work(self):
        """Do what is owed, as the worker does."""
        database = self._identity.database
        with database.reading() as connection:
            owed = connection.exec_driver_sql(
                "SELECT id::text, payload FROM job_intents WHERE kind = 'users.import'"
            )
            owed = owed.all()
        for intent_id, payload in owed:
            self._identity.parts.jobs["users.import"].run(payload, lambda: None)
            with database.begin() as connection:
                intents.delete(connection, intent_id)

    def do(self, content, **fields):
        operation_id = self.accept(content, **fields)
        self.work()
        return self.operation(operation_id)

    def operation(self, operation_id):
        return self._operations.GetOperation(operations_pb2.GetOperationRequest(operation_id=operation_id))

    def reasons(self, operation_id):
        name = operation_id.partition(".")[2]
        folder = self._identity.runtime.settings.files_folder / "user-import-results"
        lines = csv.DictReader(io.StringIO((folder / f"{name}.csv").read_text("utf-8-sig")))
        return [(int(line["row"]), line["reason"], line["column"]) for line in lines]

    def user(self, username):
        found = self.users.ListUsers(users_pb2.ListUsersRequest(username=username)).users
        return found[0] if found else None


@pytest.fixture
def importing(identity):
    return Importing(identity)


@pytest.mark.rule("R134")
def test_accounts_come_from_a_file_and_from_the_same_file_once_R134(identity, importing, refused):
    content = HEADER + (
        "wang,王伟,shanghai,E1,wang@example.com,EMPLOYEE,2026-03-02,2026-03-03,field_rep\n"
        "li,李娜,hangzhou,E2,,partner,,,\n"
    )
    first = importing.do(content)
    assert (first.state, dict(first.counts)) == (Operation.STATE_SUCCEEDED, {"created": 2})
    again = importing.do(content)
    assert (dict(again.counts), importing.reasons(again.id)) == ({"unchanged": 2}, [])
    li = importing.user("li")
    assert (li.kind, li.HasField("certified_time")) == (users_pb2.User.KIND_PARTNER, False)
    with refused() as refusal:  # no password yet
        identity.login("wang", "long enough 密码")
    assert refusal.reason == "WRONG_CREDENTIALS"
    changed = importing.do(
        "username,wechat_bound_date,email\nli,2026-03-04,li@example.com\nwang,2026-03-03,\n"
    )
    assert dict(changed.counts) == {"updated": 1, "unchanged": 1}
    assert importing.user("li").HasField("wechat_bound_time")
    assert importing.user("wang").email == "wang@example.com"


def test_a_row_that_cannot_be_taken_is_refused_alone_with_its_reason(identity, importing):
    update = users_pb2.UpdateUserRequest(
        user=users_pb2.User(id=importing.user("hangzhou.rep1").id, state=users_pb2.User.STATE_DISABLED),
        update_mask=FieldMask(paths=["state"]),
    )
    importing.users.UpdateUser(update)
    content = HEADER + (
        "good,好,shanghai,E1,,,,,\n"
        "Bad Name,坏,shanghai,,,,,,\n"
        "nobody,无,nowhere,,,,,,\n"
        "unnamed,,shanghai,,,,,,\n"
        "other,另,shanghai,E1,,,,,\n"
        "mail,邮,shanghai,,no address,,,,\n"
        "day,日,shanghai,,,,2026-02-30,0001-01-01,\n"
        "kind,类,shanghai,,,BOSS,,,\n"
        "role,角,shanghai,,,,,,emperor\n"
        "shanghai.rep1,,hangzhou,,,,,,\n"
        "hangzhou.rep1,,,,,,,2026-03-02,\n"
        ",空,shanghai,,,,,,\n"
        "good,好,shanghai,,,,,,\n"
        "ahead,早,shanghai,,,,2099-01-01,,\n"
        "last,末,shanghai,,,,,,\n"
    )
    done = importing.do(content)
    assert dict(done.counts) == {"created": 2, "rejected": 13}
    assert importing.reasons(done.id) == [
        (3, "STRING_PATTERN", "username"),
        (4, "UNIT_NOT_FOUND", "unit_code"),
        (5, "CELL_MISSING", "display_name"),
        (6, "ROW_REPEATED", ""),
        (7, "STRING_EMAIL", "email"),
        (8, "NO_SUCH_DATE", "certified_date"),
        (9, "UNKNOWN_KIND", "kind"),
        (10, "ROLE_NOT_FOUND", "role_code"),
        (11, "UNIT_DIFFERS", "unit_code"),
        (12, "ACCOUNT_CLOSED", ""),
        (13, "CELL_MISSING", "username"),
        (14, "ROW_REPEATED", ""),
        (15, "TIME_AHEAD", "certified_date"),
    ]
    assert importing.user("last")


@pytest.mark.rule("R147")
def test_an_import_reaches_no_further_than_who_imports_R147(identity, importing):
    identity.change(
        "UPDATE role_assignments SET role_code = 'platform_admin', scope = 'SUBTREE'"
        " WHERE role_code = 'regional_manager'"
    )
    identity.change(
        "INSERT INTO role_assignments SELECT gen_random_uuid(), id, 'system_admin', unit_id, 'UNIT',"
        " clock_timestamp() FROM users WHERE username = 'shanghai.rep1'"
    )
    east = Importing(identity, "east.manager")
    done = east.do(
        "username,display_name,unit_code,email,role_code\n"
        "there,那,ioc,,\n"
        "ioc.planner,新,,,\n"
        "shanghai.rep1,,,mine@example.com,\n"
        "strong,强,shanghai,,system_admin\n"
        "fine,行,shanghai,,\n"
    )
    assert east.reasons(done.id) == [
        (2, "UNIT_NOT_FOUND", "unit_code"),
        (3, "USERNAME_TAKEN", "username"),
        (4, "ACCOUNT_BEYOND_OWN", ""),
        (5, "ROLE_BEYOND_OWN", "role_code"),
    ]
    assert dict(done.counts) == {"created": 1, "rejected": 4}


def test_a_dry_run_tells_what_would_happen_and_changes_nothing(identity, importing):
    before = len(identity.events("user.changed"))
    content = HEADER + "wang,王伟,shanghai,,,,,,\nshanghai.rep1,新名,,,,,,,\nx,y,nowhere,,,,,,\n"
    done = importing.do(content, dry_run=True)
    assert dict(done.counts) == {"created": 1, "updated": 1, "rejected": 1}
    assert importing.reasons(done.id) == [(4, "UNIT_NOT_FOUND", "unit_code")]
    assert importing.user("wang") is None
    assert importing.user("shanghai.rep1").display_name != "新名"
    assert len(identity.events("user.changed")) == before


def test_a_worker_that_takes_over_goes_on_behind_what_is_committed(identity, importing, monkeypatch):
    monkeypatch.setattr(job, "BATCH_ROWS", 2)
    names = [f"person{number}" for number in range(6)]
    content = "username,display_name,unit_code\n" + "".join(f"{name},某,shanghai\n" for name in names)
    operation_id = importing.accept(content + "person0,某,shanghai\n")
    beats = iter(range(100))

    class Killed(Exception):
        pass

    def beat():
        if next(beats) == 5:  # four counted the rows, one began the first batch
            raise Killed

    payload = identity.value("SELECT payload FROM job_intents WHERE kind = 'users.import'")
    with pytest.raises(Killed):
        identity.parts.jobs["users.import"].run(payload, beat)
    assert importing.operation(operation_id).progress_done == 2
    importing.work()
    done = importing.operation(operation_id)
    assert (done.progress_done, dict(done.counts)) == (7, {"created": 6, "rejected": 1})


def test_columns_are_named_or_mapped(identity, importing, refused):
    column = users_pb2.UserImportColumn
    mapped = [
        column(column="登录名", field="username"),
        column(column="姓名", field="display_name"),
        column(column="部门", field="unit_code"),
    ]
    assert dict(importing.do("姓名,登录名,部门\n王伟,wang,shanghai\n", columns=mapped).counts) == {
        "created": 1
    }
    failed = importing.do("姓名,部门\n王伟,shanghai\n", columns=mapped)
    assert (failed.state, failed.error_reason) == (Operation.STATE_FAILED, "IMPORT_COLUMN_MISSING")
    assert importing.do("姓名\n王伟\n").error_reason == "IMPORT_COLUMN_MISSING"
    for columns in (mapped[1:], [*mapped, column(column="x", field="username")]):
        with refused() as refusal:
            importing.accept("x\n", columns=columns)
        assert refusal.fields == ["columns"]
    with refused() as refusal:
        other = Importing(identity, "admin").users
        other.ImportUsers(users_pb2.ImportUsersRequest(upload_id="0" * 8 + "-0000-7000-8000-000000000000"))
    assert refusal.code == "NOT_FOUND"


def freeze(identity, username):
    identity.change(
        "UPDATE users SET state = 'FROZEN', freeze_reason = '将离职' WHERE username = :name", name=username
    )


def take_roles_away(identity, username):
    identity.change(
        "DELETE FROM role_assignments WHERE user_id = (SELECT id FROM users WHERE username = :name)",
        name=username,
    )


def give_another_role(identity, username):
    identity.change(
        "UPDATE role_assignments SET role_code = 'auditor'"
        " WHERE user_id = (SELECT id FROM users WHERE username = :name)",
        name=username,
    )


@pytest.mark.rule("R147")
@pytest.mark.parametrize("lose_right", [freeze, take_roles_away, give_another_role])
def test_an_import_stops_where_its_importer_loses_the_right_R147(
    identity, importing, monkeypatch, lose_right
):
    monkeypatch.setattr(job, "BATCH_ROWS", 2)
    rows = "".join(f"person{number},某,shanghai\n" for number in range(6))
    operation_id = importing.accept("username,display_name,unit_code\n" + rows)
    beats = iter(range(100))

    def beat():
        if next(beats) == 4:  # three counted the rows, one began the first batch
            lose_right(identity, "admin")

    payload = identity.value("SELECT payload FROM job_intents WHERE kind = 'users.import'")
    identity.parts.jobs["users.import"].run(payload, beat)
    stopped = importing.operation(operation_id)
    assert (stopped.state, stopped.error_reason) == (Operation.STATE_FAILED, "IMPORTER_MAY_NOT")
    assert (stopped.progress_done, stopped.progress_total, dict(stopped.counts)) == (2, 6, {"created": 2})
    assert importing.reasons(operation_id) == [(4, "IMPORTER_MAY_NOT", "")]
    assert identity.value("SELECT count(*) FROM users WHERE username LIKE 'person%'") == 2


@pytest.mark.rule("R147")
def test_an_import_reaches_as_far_as_the_right_of_its_importer_has_come_to_R147(identity):
    importer = "UPDATE role_assignments SET role_code = 'platform_admin', scope = 'SUBTREE', unit_id = :unit"
    of_manager = " WHERE role_code IN ('regional_manager', 'platform_admin')"
    identity.change(importer + of_manager, unit=identity.unit_id("east"))
    east = Importing(identity, "east.manager")
    operation_id = east.accept("username,display_name,unit_code\na,某,shanghai\nb,某,hangzhou\n")
    identity.change(importer + of_manager, unit=identity.unit_id("hangzhou"))
    east.work()
    assert dict(east.operation(operation_id).counts) == {"created": 1, "rejected": 1}
    assert east.reasons(operation_id) == [(2, "UNIT_NOT_FOUND", "unit_code")]
