import importlib
from pathlib import Path

import journeyman
import pytest
from chassis.access import Grant, Scope, method_rules
from gateway.identity import demo, service_clients
from gateway.identity.roles.builtin import ROLES


def rules():
    """The access rules of every contract."""
    for folder in map(Path, journeyman.__path__):
        for path in sorted(folder.rglob("*_pb2.py")):
            name = ".".join(path.relative_to(folder.parent).with_suffix("").parts)
            for service in importlib.import_module(name).DESCRIPTOR.services_by_name.values():
                yield from method_rules(service).values()


PERMISSIONS = {rule.permission for rule in rules() if rule.permission}
# Asked for besides the permission of the access rule: by the step of the plan that is decided...
DUTIES = {
    "spendPlans.auditFees",
    "spendPlans.reviewForMarketDepartment",
    "spendPlans.reviewForMarketingCentre",
}
# ... and to see more than one's own.
VIEWS = {"ruleDocuments.read", "securityIncidents.read"}
CLIENTS = service_clients.PERMISSIONS.union(demo.FINANCE_DUTIES)
GIVEN = CLIENTS.union(*(role.permissions for role in ROLES.values()))


def gives(code, permission):
    return Grant(ROLES[code].permissions, "", Scope.ALL).gives(permission)


def test_there_are_contracts():
    assert {"customers.read", "visits.write", "events.read"} <= PERMISSIONS


def test_the_system_administrator_holds_every_permission_of_the_contracts():
    assert all(gives("system_admin", permission) for permission in PERMISSIONS)


def test_what_the_field_needs_is_given_by_name():
    owners = {permission.partition(".")[0] for permission in PERMISSIONS}
    assert {"attendance", "customers", "tracks", "visitPlans", "visits", "workPolicies"} <= owners
    administration = {"apiClients", "orgUnitChanges", "orgUnits", "roles", "webhookEndpoints"}
    unnamed = PERMISSIONS - GIVEN
    assert {permission.partition(".")[0] for permission in unnamed} <= administration


def test_no_role_names_a_permission_that_no_contract_knows():
    assert PERMISSIONS | DUTIES | VIEWS | {"*", "*.read"} >= GIVEN


def test_the_auditor_may_read_everything_and_write_nothing_but_what_auditing_is():
    auditing = {"auditLog.export", "auditReviews.create"}
    for rule in rules():
        if rule.permission:
            assert gives("auditor", rule.permission) is (rule.reads or rule.permission in auditing)


def test_a_rep_may_do_a_rep_s_work():
    for permission in (
        "attendance.clock",
        "customers.create",
        "customers.update",
        "tracks.append",
        "visitPlans.write",
        "visits.write",
        "workPolicies.read",
    ):
        assert gives("field_rep", permission)
    assert not gives("field_rep", "customers.import")
    assert gives("district_manager", "customers.import")


def test_the_duties_of_a_spend_plan_are_apart():
    deciders = {code for code in ROLES if gives(code, "approvalTasks.decide")}
    held = {code: {duty for duty in DUTIES if gives(code, duty)} for code in deciders - {"system_admin"}}
    assert sorted(map(sorted, held.values())) == sorted([duty] for duty in DUTIES)
    assert not any(gives(code, "spendPlans.write") for code in held)
    assert not any(gives(code, "disbursements.confirm") for code in ROLES if code != "system_admin")


def test_services_may_only_read():
    reading = {rule.permission for rule in rules() if rule.reads}
    assert reading >= service_clients.PERMISSIONS


def test_the_demo_organisation_holds_roles_that_exist():
    assert {code for person in demo.people() for code, _ in person.roles} <= set(ROLES)


@pytest.mark.rule("R159")
@pytest.mark.rule("R161")
def test_only_group_management_and_group_marketing_distribute_over_sections_R159_R161():
    """Group management assigns to any salesperson besides; who belongs to a section asks."""
    assert {code for code in ROLES if gives(code, "customers.distribute")} == {
        "group_management",
        "group_marketing",
        "system_admin",
    }
    assert gives("group_management", "customers.update")
    for code in ("field_rep", "salesperson", "section_head", "district_manager"):
        assert gives(code, "customerDistributions.write")
