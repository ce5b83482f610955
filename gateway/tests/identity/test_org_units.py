import uuid

import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.field_mask_pb2 import FieldMask
from journeyman.identity.v1 import events_pb2, org_units_pb2, org_units_pb2_grpc

Unit = org_units_pb2.OrgUnit


@pytest.fixture
def units(identity):
    """The unit service as a demo account sees it."""
    return lambda username: identity.stub(org_units_pb2_grpc.OrgUnitServiceStub, identity.token(username))


def codes(stub, **filters):
    answer = stub.ListOrgUnits(org_units_pb2.ListOrgUnitsRequest(page_size=200, **filters))
    return [unit.code for unit in answer.org_units]


def create(stub, **fields):
    return stub.CreateOrgUnit(org_units_pb2.CreateOrgUnitRequest(org_unit=Unit(**fields)))


def update(stub, mask=(), **fields):
    request = org_units_pb2.UpdateOrgUnitRequest(org_unit=Unit(**fields), update_mask=FieldMask(paths=mask))
    return stub.UpdateOrgUnit(request)


def test_a_list_shows_the_units_of_the_scope_by_code(units):
    assert codes(units("admin")) == [
        "consumer-goods",
        "east",
        "hangzhou",
        "hq-finance",
        "hq-group",
        "hq-market",
        "hq-marketing",
        "ioc",
        "shanghai",
    ]
    assert codes(units("east.manager")) == ["east", "hangzhou", "shanghai"]
    assert codes(units("shanghai.manager")) == ["shanghai"]


def test_who_sees_only_own_rows_sees_the_own_unit(units):
    assert codes(units("shanghai.rep1")) == ["shanghai"]


@pytest.mark.rule("R159")
def test_a_unit_outside_the_scope_does_not_exist_R159(identity, units, refused):
    request = org_units_pb2.GetOrgUnitRequest(org_unit_id=identity.unit_id("hangzhou"))
    assert units("east.manager").GetOrgUnit(request).code == "hangzhou"
    with refused() as refusal:
        units("shanghai.manager").GetOrgUnit(request)
    assert (refusal.code, refusal.reason) == ("NOT_FOUND", "NOT_FOUND")


def test_lists_are_filtered_and_paged(identity, units):
    stub = units("admin")
    assert codes(stub, parent_id=identity.unit_id("east")) == ["hangzhou", "shanghai"]
    assert codes(stub, code="east") == ["east"]
    seen, token = [], ""
    while True:
        answer = stub.ListOrgUnits(org_units_pb2.ListOrgUnitsRequest(page_size=4, page_token=token))
        seen += [unit.code for unit in answer.org_units]
        token = answer.next_page_token
        if not token:
            break
    assert seen == codes(stub)


@pytest.mark.parametrize("token", ["x", "AAAA", "[]"])
def test_a_foreign_page_token_is_refused(units, refused, token):
    with refused() as refusal:
        units("admin").ListOrgUnits(org_units_pb2.ListOrgUnitsRequest(page_token=token))
    assert (refusal.code, refusal.fields) == ("INVALID_ARGUMENT", ["pageToken"])


def test_a_new_unit_can_be_used_at_once_and_is_published(identity, units):
    unit = create(
        units("admin"),
        parent_id=identity.unit_id("hq-group"),
        kind=Unit.KIND_SECTION,
        code="snacks",
        display_name="零食板块",
        company="第一公司",
    )
    assert (unit.kind, unit.company, unit.etag) == (Unit.KIND_SECTION, "第一公司", '"v1"')
    assert unit.id in identity.parts.tree.subtree(identity.unit_id("hq-group"))
    event = identity.events("org_unit.changed")[-1]
    data = events_pb2.OrgUnitChanged()
    Packed.FromString(bytes(event.data)).Unpack(data)
    assert (event.subject, event.aggregate_version) == (unit.id, 1)
    assert (data.unit_id, data.parent_id, data.kind, data.code) == (
        unit.id,
        unit.parent_id,
        "SECTION",
        "snacks",
    )


def test_a_code_is_given_once(identity, units, refused):
    with refused() as refusal:
        create(units("admin"), parent_id=identity.unit_id("east"), code="shanghai", display_name="x")
    assert (refusal.code, refusal.reason) == ("ALREADY_EXISTS", "UNIT_CODE_TAKEN")


def test_a_unit_needs_a_parent_a_code_and_a_name(units, refused):
    with refused() as refusal:
        create(units("admin"))
    assert refusal.code == "INVALID_ARGUMENT"
    assert refusal.fields == ["orgUnit.parentId", "orgUnit.code", "orgUnit.displayName"]


def test_a_unit_is_not_added_below_an_unknown_one(units, refused):
    with refused() as refusal:
        create(units("admin"), parent_id=str(uuid.uuid4()), code="new", display_name="x")
    assert (refusal.code, refusal.reason) == ("NOT_FOUND", "UNIT_NOT_FOUND")


def test_only_name_and_company_of_a_unit_change(identity, units, refused):
    stub, unit_id = units("admin"), identity.unit_id("ioc")
    east = identity.unit_id("east")
    changed = update(stub, id=unit_id, display_name="新名称", parent_id=east, code="other")
    assert (changed.display_name, changed.code, changed.etag) == ("新名称", "ioc", '"v2"')
    assert changed.parent_id == identity.unit_id("hq-group")
    with refused() as refusal:
        update(stub, ["parent_id"], id=unit_id, parent_id=east)
    assert refusal.fields == ["updateMask"]
    with refused() as refusal:
        update(stub, ["display_name"], id=unit_id)
    assert refusal.fields == ["orgUnit.displayName"]


def test_a_unit_that_changed_meanwhile_is_not_overwritten(identity, units, refused):
    stub, unit_id = units("admin"), identity.unit_id("ioc")
    update(stub, id=unit_id, company="第二公司", etag='"v1"')
    with refused() as refusal:
        update(stub, id=unit_id, company="第三公司", etag='"v1"')
    assert refusal.reason == "ETAG_MISMATCH"
    with refused() as refusal:
        update(stub, id=unit_id, company="第三公司", etag="v1")
    assert refusal.code == "INVALID_ARGUMENT"


def test_the_tree_has_one_root(identity):
    with pytest.raises(Exception, match="org_units_one_root"):
        identity.change(
            "INSERT INTO org_units (id, kind, code, display_name, version, created_at, updated_at)"
            " VALUES (gen_random_uuid(), 'COMPANY', 'second', 'x', 1, clock_timestamp(), clock_timestamp())"
        )
