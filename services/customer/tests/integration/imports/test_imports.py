"""Imports through the public contract: a real upload, a real RQ worker on a real Valkey."""

import csv
import io

import grpc
import pytest
from chassis.access import Scope
from customer.imports.store import ImportTakenOver
from journeyman.customer.v1 import customers_pb2
from journeyman.operations.v1 import operations_pb2
from journeyman.types.v1 import position_pb2
from openpyxl import Workbook
from sqlalchemy import text

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Operation = operations_pb2.Operation


def mapping(column, field=None, **values):
    return customers_pb2.ColumnMapping(column=column, field=field or column, values=values)


NAME_ONLY = (mapping("name"),)
SHOP = (mapping("name"), mapping("address"), mapping("lat", "latitude"), mapping("lon", "longitude"))


def table(*rows):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


@pytest.mark.usefixtures("working")
def test_rows_become_customers_and_bad_rows_are_told_one_by_one(importing, org, database):
    content = table(
        ["name", "address", "lat", "lon"],
        ["国际饭店", "南京西路170号", "31.2356", "121.4671"],
        ["", "九江路619号", "31.2", "121.4"],
        ["北方", "九江路", "91", "121.4"],
        ["字母", "九江路", "31°", "121.4"],
        ["一半", "九江路", "31", ""],
        ["x" * 201, "九江路", "31", "121"],
        ["短"],
        ["和平饭店", "南京东路20号", "", ""],
    )
    caller = importing()
    done = caller.finished(caller.accept(caller.upload(content), SHOP))
    assert done.state == Operation.STATE_SUCCEEDED
    assert dict(done.counts) == {"created": 2, "rejected": 6}
    assert (done.progress_done, done.progress_total) == (8, 8)
    assert caller.reasons(done) == [
        (3, "NAME_MISSING", "name"),
        (4, "POSITION_IMPOSSIBLE", "lat"),
        (5, "NOT_DEGREES", "lat"),
        (6, "POSITION_INCOMPLETE", "lon"),
        (7, "STRING_MAX_LEN", "name"),
        (8, "ROW_UNREADABLE", ""),
    ]
    hotel, peace = caller.listed()[1], caller.listed()[0]
    assert (hotel.name, hotel.owner_id, hotel.unit_id) == ("国际饭店", org.rep, org.shanghai)
    assert hotel.position.location.latitude == pytest.approx(31.2356)
    assert not peace.HasField("position")
    assert caller.listed(query="gjfd") == [hotel]
    query = "SELECT count(*) FROM outbox WHERE type = 'journeyman.customer.customer.created.v1'"
    with database.reading() as connection:
        assert connection.execute(text(query)).scalar_one() == 2


@pytest.mark.usefixtures("working")
def test_the_result_speaks_the_callers_language(importing):
    caller = importing()
    upload = caller.upload(table(["name", "code"], ["", "1"]))
    done = caller.finished(caller.accept(upload, metadata=[("accept-language", "zh-CN")]))
    assert caller.result(done)[0]["message"] == "不能为空"


@pytest.mark.usefixtures("working")
def test_values_are_translated_and_unknown_ones_refuse_the_row(importing, org):
    district = {"黄浦区": org.rep, "徐汇区": org.colleague}
    columns = (mapping("name"), mapping("district", "owner_id", **district), mapping("kind", "channel_type"))
    content = table(
        ["name", "district", "kind"],
        ["甲", "黄浦区", ""],
        ["乙", "徐汇区", "chain"],
        ["丙", "静安区", ""],
        ["丁", "", "Chain Store"],
        ["戊", "", ""],
    )
    caller = importing()
    done = caller.finished(caller.accept(caller.upload(content), columns))
    assert caller.reasons(done) == [(4, "VALUE_UNKNOWN", "district"), (5, "STRING_PATTERN", "kind")]
    made = {customer.name: customer for customer in caller.listed()}
    assert made["甲"].owner_id == org.rep
    assert (made["乙"].owner_id, made["乙"].channel_type) == (org.colleague, "chain")
    assert (made["戊"].owner_id, made["戊"].channel_type) == (org.rep, "dealer")


@pytest.mark.usefixtures("working")
def test_an_import_reaches_no_further_than_its_caller(importing, org):
    columns = (mapping("name"), mapping("owner", "owner_id"), mapping("unit", "unit_id"))
    nobody = "00000000-0000-7000-8000-00000000ffff"
    content = table(
        ["name", "owner", "unit"],
        ["甲", org.hangzhou_rep, ""],
        ["乙", "", org.hangzhou],
        ["丙", nobody, ""],
        ["丁", org.pudong_rep, ""],
        ["戊", "Wang", ""],
        ["己", org.hangzhou_rep, ""],
    )
    caller = importing(scope=Scope.SUBTREE)
    done = caller.finished(caller.accept(caller.upload(content), columns))
    assert caller.reasons(done) == [
        (2, "USER_NOT_FOUND", "owner"),
        (3, "UNIT_NOT_FOUND", "unit"),
        (4, "USER_NOT_FOUND", "owner"),
        (6, "STRING_UUID", "owner"),
        (7, "USER_NOT_FOUND", "owner"),
    ]
    [made] = caller.listed()
    assert (made.owner_id, made.unit_id) == (org.pudong_rep, org.pudong)


@pytest.mark.usefixtures("working")
def test_the_same_shop_is_taken_once(importing, org):
    shop = ["国际饭店", "南京西路170号", "31.2356", "121.4671"]
    content = table(
        ["name", "address", "lat", "lon"],
        shop,
        ["国际 饭店", "南京西路１７０号", "31.23560001", "121.4671"],
        ["国际饭店", "南京西路170号", "31.2366", "121.4671"],
        ["国际饭店", "九江路1号", "31.2356", "121.4671"],
    )
    caller = importing()
    first = caller.finished(caller.accept(caller.upload(content), SHOP))
    assert caller.reasons(first) == [(3, "DUPLICATE", "")]
    again = caller.finished(caller.accept(caller.upload(content), SHOP))
    assert dict(again.counts) == {"created": 0, "rejected": 4}
    elsewhere = importing(subject=org.hangzhou_rep, unit=org.hangzhou)
    taken = elsewhere.finished(elsewhere.accept(elsewhere.upload(content), SHOP))
    assert dict(taken.counts) == {"created": 3, "rejected": 1}


@pytest.mark.usefixtures("working")
def test_a_workbook_is_imported_and_its_datum_converted(importing):
    workbook = Workbook()
    workbook.active.append(["name", "lat", "lon"])
    workbook.active.append(["天安门", 39.915119, 116.403963])
    saved = io.BytesIO()
    workbook.save(saved)
    caller = importing()
    upload = caller.upload(saved.getvalue(), XLSX)
    columns = (mapping("name"), mapping("lat", "latitude"), mapping("lon", "longitude"))
    done = caller.finished(caller.accept(upload, columns, datum=position_pb2.DATUM_GCJ02))
    assert dict(done.counts) == {"created": 1, "rejected": 0}
    assert caller.listed()[0].position.location.latitude == pytest.approx(39.913716, abs=1e-5)


@pytest.mark.usefixtures("working")
@pytest.mark.parametrize(
    ("content", "reason", "told"),
    [
        (table(["title", "street"], ["甲", "1"]), "IMPORT_COLUMN_MISSING", [("1", "name"), ("1", "address")]),
        (b"name,name\na,b\n", "IMPORT_FILE_UNREADABLE", [("1", "name")]),
        (b'name,address\na,b\nb,"' + b"x\n" * 2000, "IMPORT_FILE_UNREADABLE", [("3", "")]),
    ],
)
def test_a_file_that_cannot_be_used_fails_before_anything_is_written(importing, content, reason, told):
    caller = importing()
    upload = caller.upload(content)
    failed = caller.finished(caller.accept(upload, (mapping("name"), mapping("address"))))
    assert (failed.state, failed.error_reason) == (Operation.STATE_FAILED, reason)
    assert failed.error_message
    assert [(line["row"], line["column"]) for line in caller.result(failed)] == told
    assert caller.listed() == []


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ((mapping("address"),), "FIELD_NOT_FILLED"),
        ((mapping("name"), mapping("lat", "latitude")), "FIELD_NOT_FILLED"),
        ((mapping("name"), mapping("title", "name")), "FIELD_FILLED_TWICE"),
    ],
)
def test_a_mapping_that_makes_no_customers_is_refused(importing, refusal, columns, reason):
    caller = importing()
    upload = caller.upload(b"name\n")
    assert refusal(lambda: caller.accept(upload, columns))[2] == {"columns": reason}


def test_an_unknown_field_is_refused(importing, refusal):
    caller = importing()
    upload = caller.upload(b"name\n")
    code, _, fields = refusal(lambda: caller.accept(upload, (*NAME_ONLY, mapping("x", "search_text"))))
    assert (code, list(fields)) == (grpc.StatusCode.INVALID_ARGUMENT, ["columns[1].field"])


def test_an_upload_must_have_arrived_and_be_the_callers_own(importing, refusal, org):
    caller = importing()
    request = customers_pb2.BeginImportUploadRequest(size_bytes=100)
    begun = caller.customers.BeginImportUpload(request)
    code, reason, _ = refusal(lambda: caller.accept(begun.upload_id))
    assert (code, reason) == (grpc.StatusCode.FAILED_PRECONDITION, "UPLOAD_INCOMPLETE")
    caller.put(begun.upload_url, b"name\n")
    other = importing(subject=org.colleague)
    assert refusal(lambda: other.accept(begun.upload_id))[0] is grpc.StatusCode.NOT_FOUND
    caller.accept(begun.upload_id)


def test_an_owner_for_all_rows_lies_within_reach(importing, refusal, org):
    caller = importing(scope=Scope.UNIT)
    upload = caller.upload(b"name\n")
    assert refusal(lambda: caller.accept(upload, owner_id=org.hangzhou_rep))[1] == "USER_NOT_FOUND"
    machine = importing(person=False)
    upload = machine.upload(b"name\n")
    assert refusal(lambda: machine.accept(upload))[2] == {"ownerId": "OWNER_MISSING"}


def test_only_its_caller_sees_an_import(importing, refusal, org):
    caller = importing()
    operation_id = caller.accept(caller.upload(b"name\n"))
    assert caller.operation(operation_id).state == Operation.STATE_PENDING
    other = importing(subject=org.colleague)
    assert refusal(lambda: other.operation(operation_id))[0] is grpc.StatusCode.NOT_FOUND


def test_a_worker_that_was_overtaken_writes_nothing(importing, parts, database):
    caller = importing()
    operation_id = caller.accept(caller.upload("name\n甲\n".encode()))
    with database.reading() as connection:
        payload = connection.execute(text("SELECT payload FROM job_intents")).scalar_one()
    job = parts.jobs["customers.import"]
    beats = []

    def beat():
        beats.append("counting" if not beats else "importing")
        if beats[-1] == "importing":  # a moment before its first batch another worker does it all
            job.run(payload, lambda: None)

    with pytest.raises(ImportTakenOver):
        job.run(payload, beat)
    assert dict(caller.operation(operation_id).counts) == {"created": 1, "rejected": 0}
    assert len(caller.listed()) == 1


def test_a_repeated_key_imports_once(importing):
    caller = importing()
    upload, key = caller.upload(b"name\n"), [("idempotency-key", "k1")]
    assert caller.accept(upload, metadata=key) == caller.accept(upload, metadata=key)
