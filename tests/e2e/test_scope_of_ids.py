"""Whoever names something outside their scope is answered as if there were no such thing."""

import uuid
from datetime import UTC, datetime

import pytest
from branches.asking import VARIABLE, ask, missing, told
from demo_week.api import Refused
from demo_week.person import CHECKLIST
from gateway.contracts import bindings

TODAY = datetime.now(UTC).date().isoformat()
# Everybody's, or shown to those only who reach every row.
SHARED = {
    "GetRole",
    "GetApiClient",
    "UpdateApiClient",
    "RotateApiClientSecret",
    "GetFund",
    "GetRuleDocument",
    "CreateRuleDocumentVersion",
    "GetRuleDocumentVersion",
    "UpdateRuleDocumentVersion",
    "SubmitRuleDocumentVersion",
    "ApproveRuleDocumentVersion",
    "RejectRuleDocumentVersion",
    "GetWebhookEndpoint",
    "UpdateWebhookEndpoint",
    "DeleteWebhookEndpoint",
    "RotateWebhookSecret",
    "RedeliverWebhook",
}
# What a method needs besides the id in its URL to pass its validation.
BODIES = {
    "MoveOrgUnit": {"parentId": str(uuid.uuid4()), "effectiveDate": TODAY, "reason": "x"},
    "MergeOrgUnit": {"intoUnitId": str(uuid.uuid4()), "effectiveDate": TODAY, "reason": "x"},
    "ApproveCustomerDistribution": {"ownerId": str(uuid.uuid4())},
    "RejectCustomerDistribution": {"note": "x"},
    "UpdateCustomer": {"name": "x"},
    "UpdateOrgUnit": {"displayName": "x"},
    "UpdateUser": {"displayName": "x"},
    "UpdateVisitPlan": {"stops": []},
    "SubmitChecklist": {"checklist": CHECKLIST},
    "UpdateSpendPlan": {"title": "x"},
    "RejectApprovalTask": {"comment": "x"},
    "RejectAccountChange": {"note": "x"},
    "RejectCorrection": {"note": "x"},
    "RejectDevice": {"note": "x"},
    "FreezeUser": {"reason": "x", "handling": "x"},
    "ResolveSecurityIncident": {"outcome": "x"},
    "DismissSecurityIncident": {"outcome": "x"},
    "EndDisciplinaryAction": {"reason": "x"},
    "WithdrawDisciplinaryAction": {"reason": "x"},
    "ConfirmDisbursementPayment": {
        "externalId": "x",
        "amount": {"currencyCode": "CNY", "units": "100"},
        "paidDate": "2026-01-01",
    },
}
ON_ONE = {
    f"{binding.descriptor.full_name} {binding.http_method} {binding.template}": binding
    for binding in bindings()
    if VARIABLE.search(binding.template)
    and binding.descriptor.name not in SHARED
    and "next_page_token" not in binding.descriptor.output_type.fields_by_name
}
HEADERS = ({}, {"If-Match": '"v1"'}, {"If-Match": '"v99"'}, {"If-None-Match": '"v1"'})


@pytest.mark.parametrize("binding", ON_ONE.values(), ids=ON_ONE)
def test_what_is_there_is_answered_as_if_it_were_not(binding, here, there):
    foreign = there.names
    names = VARIABLE.findall(binding.template)
    absent = {name: missing(foreign.get(name, "")) for name in names}
    foreign = {name: foreign.get(name, absent[name]) for name in names}
    body = body_of(binding, here)
    assert any(foreign[name] != absent[name] for name in names), "no branch has such an id: add it to Branch"

    def refusal(ids, headers):
        path = VARIABLE.sub(lambda variable: ids[variable[1]], binding.template)
        return told(ask(here.strong, binding.http_method, path, body=body, headers=headers), *ids.values())

    for headers in HEADERS:
        refused = refusal(foreign, headers)
        assert refused[0] == 404, refused
        assert refused == refusal(absent, headers)


def body_of(binding, branch):
    if not binding.body:
        return None
    stop = {"customerId": branch.customers[0]["id"], "visitDate": branch.rep.plan["stops"][0]["visitDate"]}
    assignment = {"roleCode": "field_rep", "unitId": branch.unit_id, "scope": "SCOPE_SELF"}
    bodies = BODIES | {
        "AmendVisitPlan": {"stops": [stop], "reason": "x"},
        "CreateRoleAssignment": assignment,
    }
    return bodies.get(binding.descriptor.name, {})


def test_everything_that_is_asked_for_there_is_there(there):
    """The ids are those of things that exist: their own people get them."""
    for binding in ON_ONE.values():
        if binding.http_method == "GET":
            path = VARIABLE.sub(lambda variable: there.names[variable[1]], binding.template)
            api = there.manager if "operation" in path else there.strong
            assert api.get(path)


def test_a_link_opens_the_file_that_it_was_made_for_and_no_other(here, there):
    links = [
        branch.manager.get(f"/v1/photos/{branch.ids['photo_id']}")["downloadUrl"] for branch in (here, there)
    ]
    assert here.manager.download(links[0])
    (_, own_signature), (foreign, _) = (link.rsplit(".", 1) for link in links)
    with pytest.raises(Refused) as refused:
        here.manager.download(f"{foreign}.{own_signature}")
    assert refused.value.status in (403, 404)
