"""People and units are found by a word, in the caller's scope."""

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from journeyman.identity.v1 import org_units_pb2, org_units_pb2_grpc, users_pb2, users_pb2_grpc
from journeyman.search.v1 import search_pb2, search_pb2_grpc

SHEN = {
    "username": "shen.x",
    "display_name": "沈小满",
    "employee_no": "E-7788",
    "phone": "13900001111",
    "kind": "KIND_EMPLOYEE",
}


@pytest.fixture
def search(identity):
    """What a demo account finds, as (kind, title, subtitle)."""

    def asked(username, query, **fields):
        stub = identity.stub(search_pb2_grpc.SearchServiceStub, identity.token(username))
        results = stub.Search(search_pb2.SearchRequest(query=query, **fields)).results
        assert all(result.resource.startswith(f"{result.kind}/") for result in results)
        return [(result.kind, result.title, result.subtitle) for result in results]

    return asked


@pytest.fixture
def users(identity):
    return identity.stub(users_pb2_grpc.UserServiceStub, identity.token("admin"))


@pytest.fixture
def shen(identity, users):
    user = users_pb2.User(unit_id=identity.unit_id("east"), **SHEN)
    return users.CreateUser(users_pb2.CreateUserRequest(user=user, password="long enough 密码"))


@pytest.mark.rule("R145")
@pytest.mark.usefixtures("shen")
def test_a_person_is_found_by_name_pinyin_login_name_number_and_phone_R145(identity, search):
    unit = identity.value("SELECT display_name FROM org_units WHERE code = 'east'")
    for query in ("沈小", "shenxiao", "sxm", "SHEN.X", "e-77", "13900001111", "x"):
        assert ("users", "沈小满", unit) in search("admin", query), query


def test_a_person_is_found_by_the_new_name_only(search, users, shen):
    changed = users_pb2.User(id=shen.id, display_name="王大满")
    users.UpdateUser(users_pb2.UpdateUserRequest(user=changed, update_mask=FieldMask(paths=["display_name"])))
    assert search("admin", "沈小满") == []
    assert [title for _, title, _ in search("admin", "wangdaman")] == ["王大满"]


@pytest.mark.rule("R145")
def test_a_unit_is_found_by_name_and_code_R145(identity, search):
    stub = identity.stub(org_units_pb2_grpc.OrgUnitServiceStub, identity.token("admin"))
    unit = org_units_pb2.OrgUnit(
        parent_id=identity.unit_id("east"), kind="KIND_DISTRICT", code="suzhou-7", display_name="苏州分公司"
    )
    unit = stub.CreateOrgUnit(org_units_pb2.CreateOrgUnitRequest(org_unit=unit))
    for query in ("苏州", "szfgs", "suzhou-7"):
        assert ("orgUnits", "苏州分公司", "suzhou-7") in search("admin", query)
    changed = org_units_pb2.OrgUnit(id=unit.id, display_name="无锡分公司")
    stub.UpdateOrgUnit(
        org_units_pb2.UpdateOrgUnitRequest(org_unit=changed, update_mask=FieldMask(paths=["display_name"]))
    )
    assert search("admin", "苏州") == []
    assert search("admin", "无锡") == [("orgUnits", "无锡分公司", "suzhou-7")]


def test_the_demo_organisation_is_found(identity, search):
    name = identity.value("SELECT display_name FROM users WHERE username = 'admin'")
    assert name in [title for _, title, _ in search("admin", "admin")]


@pytest.mark.usefixtures("shen")
def test_representatives_find_themselves_and_nobody_else(identity, search):
    username = identity.value(
        "SELECT username FROM users JOIN role_assignments ON user_id = users.id"
        " GROUP BY username HAVING bool_and(scope = 'SELF') ORDER BY username LIMIT 1"
    )
    assert search(username, "沈小满") == []
    assert [kind for kind, _, _ in search(username, username)] == ["users"]


def test_blanks_find_nothing(search):
    assert search("admin", " 　 ") == []
