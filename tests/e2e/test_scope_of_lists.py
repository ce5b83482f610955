"""What lies outside the scope shows in no list, search, filter, page, sum or count.

Two branches have everything that people of a branch make. Whatever one of them is shown is searched for
traces of the other.
"""

import pytest
from branches.asking import VARIABLE, ask, leaked, missing, told
from demo_week.api import Refused
from gateway.contracts import bindings

PASSED_OVER = {
    # Roles, clients and endpoints belong to no unit: the roles are everybody's, the others of who reaches
    # every row.
    "journeyman.identity.v1.RoleService.ListRoles",
    "journeyman.identity.v1.ApiClientService.ListApiClients",
    "journeyman.identity.v1.WebhookEndpointService.ListWebhookEndpoints",
    "journeyman.identity.v1.WebhookEndpointService.ListWebhookDeliveries",
    # Funds are a catalogue for all units.
    "journeyman.marketing.v1.FundService.ListFunds",
    # The rules are the whole organisation's.
    "journeyman.identity.v1.RuleDocumentService.ListRuleDocuments",
    "journeyman.identity.v1.RuleDocumentService.ListRuleDocumentVersions",
    # The proofs of the whole ledger and audit log have a permission of their own. They say how many entries
    # there are.
    "journeyman.marketing.v1.LedgerService.VerifyLedger",
    "journeyman.identity.v1.AuditService.VerifyAuditLog",
}
LISTS = {
    f"{binding.descriptor.full_name} {binding.template}": binding
    for binding in bindings()
    if "next_page_token" in binding.descriptor.output_type.fields_by_name
    and binding.descriptor.full_name not in PASSED_OVER
}


def lists(names=LISTS):
    return pytest.mark.parametrize("binding", [LISTS[name] for name in names], ids=names)


def asked_of(binding, branch, week):
    """The URL of a list, and what it has to be asked for to show what the branch has."""
    request = binding.descriptor.input_type.fields_by_name
    needed = {"from_date": week.days[0].isoformat(), "to_date": week.days[4].isoformat()}
    if binding.descriptor.name == "ListTrackPoints":
        needed = {"user_id": branch.rep.id, "on_date": week.days[0].isoformat()}
    path = VARIABLE.sub(lambda variable: branch.ids[variable[1]], binding.template)
    return path, {request[name].json_name: value for name, value in needed.items() if name in request}


def read(api, path, parameters):
    """Every row of a list, two a page, and the token of the second page; none for who may not ask."""
    found, tokens = [], [""]
    while len(found) == 0 or tokens[-1]:
        try:
            answer = api.get(path, **parameters, pageSize=2, pageToken=tokens[-1])
        except Refused as refused:
            if refused.reason != "NOT_PERMITTED":
                raise
            return [], ""
        rows = next((value for value in answer.values() if isinstance(value, list)), [])
        found += rows
        tokens.append(answer["nextPageToken"])
        if not rows:
            break
    return found, tokens[1]


@lists()
def test_a_list_shows_what_is_here_and_nothing_of_there(binding, here, there, week):
    for one, other in ((here, there), (there, here)):
        path, parameters = asked_of(binding, one, week)
        for name, api in one.everybody.items():
            assert leaked(read(api, path, parameters)[0], other) == [], name
        # what every signed-in caller may ask for is the caller's own
        shown_to = one.everybody.values() if binding.rule.signed_in else [one.strong]
        rows = [row for api in shown_to for row in read(api, path, parameters)[0]]
        assert leaked(rows, one), "nothing to hide: give the branches some"


# What a filter can name, by the name of the branch's id.
FILTERS = {
    "unit_id": "unit_id",
    "user_id": "user_id",
    "caller": "user_id",
    "owner_id": "user_id",
    "customer_id": "customer_id",
    "budget_id": "budget_id",
    "spend_plan_id": "spend_plan_id",
    "username": "username",
    "code": "mark",
    "query": "mark",
}


@lists()
def test_a_filter_that_names_something_of_there_finds_nothing(binding, here, there, week):
    path, parameters = asked_of(binding, here, week)
    there_path, there_parameters = asked_of(binding, there, week)
    named = there.names | {"mark": there.mark, "username": f"{there.mark}.field-rep"}
    for field in binding.descriptor.input_type.fields:
        if field.name in FILTERS and f"{{{field.name}}}" not in binding.template:
            wanted = {field.json_name: named[FILTERS[field.name]]}
            for api in here.everybody.values():
                assert read(api, path, parameters | wanted)[0] == [], field.name
            assert read(there.strong, there_path, there_parameters | wanted)[0], field.name


def tokens_of(get, path, parameters, pages=3):
    """The tokens of the second page of one row and of the next ones."""
    token = ""
    for _ in range(pages):
        token = get(path, **parameters, pageSize=1, pageToken=token)["nextPageToken"]
        if not token:
            return
        yield token


@lists()
def test_a_page_token_of_somebody_else_opens_nothing_of_there(binding, here, there, organisation, week):
    for one, other in ((here, there), (there, here)):
        path, parameters = asked_of(binding, one, week)
        other_path, other_parameters = asked_of(binding, other, week)
        tokens = {
            *tokens_of(organisation.get, path, parameters),
            *tokens_of(organisation.get, other_path, other_parameters),
            *tokens_of(other.strong.get, other_path, other_parameters),
        }
        for token in tokens:
            for api in one.everybody.values():
                asked = parameters | {"pageToken": token, "pageSize": 200}
                answer = ask(api, "GET", path, parameters=asked)
                assert answer.status in (200, 400, 403)
                assert leaked(answer.text, other) == []


@lists([name for name in LISTS if VARIABLE.search(name)])
def test_a_list_below_something_of_there_is_as_empty_as_one_below_nothing(binding, here, there, week):
    (name,) = VARIABLE.findall(binding.template)
    foreign = there.ids[name]
    answers = [
        told(ask(here.strong, "GET", VARIABLE.sub(id_, binding.template)), id_)
        for id_ in (foreign, missing(foreign))
    ]
    assert answers[0] == answers[1]
    assert leaked(answers[0], there) == []


@pytest.mark.rule("R145")
def test_a_search_finds_what_is_here_and_nothing_of_there_R145(here, there):
    for one, other in ((here, there), (there, here)):
        for api in one.everybody.values():
            assert api.get("/v1/search", query=other.mark, pageSize=50)["results"] == []
        found = one.strong.get("/v1/search", query=one.mark, pageSize=50)
        assert found["unavailableServices"] == []
        assert leaked(found, other) == []
        kinds = {result["kind"] for result in found["results"]}
        assert kinds == {"customers", "orgUnits", "spendPlans", "users"}


def test_a_search_for_the_fund_of_there_finds_no_budget_of_there(here, there):
    budget = there.strong.get(f"/v1/budgets/{there.ids['budget_id']}")
    code = there.strong.get(f"/v1/funds/{budget['fundId']}")["code"]
    kinds = [
        {result["kind"] for result in one.strong.get("/v1/search", query=code)["results"]}
        for one in (here, there)
    ]
    assert kinds == [{"funds"}, {"budgets", "funds"}]


REPORTS = ("visits", "attendance", "visitRanking", "customers")


@pytest.mark.parametrize("grouping", ["GROUPING_UNIT", "GROUPING_PERSON"])
@pytest.mark.parametrize("report", REPORTS)
def test_reports_sum_what_is_here_alone(report, grouping, here, there, week):
    asked = {"groupBy": grouping} | ({} if report == "customers" else week.period)
    here_rows, there_rows = (
        one.manager.get(f"/v1/reports/{report}", **asked)["rows"] for one in (here, there)
    )
    assert {row["unitId"] for row in here_rows} == {here.unit_id}
    assert without_names(here_rows) == without_names(there_rows)
    everything = here.strong.get(f"/v1/reports/{report}", **asked)["rows"]
    assert everything == here_rows


def without_names(found):
    names = {"unitId", "userId"}
    return [{key: value for key, value in row.items() if key not in names} for row in found]


def test_representatives_see_of_their_branch_what_is_theirs(here):
    """The manager's import lies in the same unit and belongs to somebody else."""
    assert f"{here.mark} import" in str(here.manager.get("/v1/customers"))
    assert f"{here.mark} import" not in str(here.rep.api.get("/v1/customers", pageSize=200))
    assert here.rep.api.get("/v1/customers", query="import")["customers"] == []
    assert {row["userId"] for row in here.rep.api.get("/v1/reports/customers")["rows"]} == {here.rep.id}
    assert [user["id"] for user in here.rep.api.get("/v1/users")["users"]] == [here.rep.id]
    found = here.rep.api.get("/v1/search", query=here.mark, pageSize=50)["results"]
    assert f"{here.mark} import" not in {result["title"] for result in found}
    assert [result["resource"] for result in found if result["kind"] == "users"] == [f"users/{here.rep.id}"]
