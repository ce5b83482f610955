"""A branch with people, customers, a week's work and money to spend."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from demo_week.api import Api, timestamp
from demo_week.person import DISPLAY, FRONT, Person

COLUMNS = [{"column": "name", "field": "name"}]


def yuan(amount):
    return {"currencyCode": "CNY", "units": str(amount)}


@dataclass
class Branch:
    """A unit with its people, what they look after, and what they did on the Monday of a week.

    Attributes:
        strong: holds every permission in this unit, and nothing outside.
        mark: stands in every name that is given here, and nowhere else.
        latitude: where the branch is, and nobody else.
        ids: of everything that is here, by the name of the field that holds it.
    """

    mark: str
    unit_id: str
    manager: Api
    strong: Api
    rep: Person
    latitude: float
    ids: dict[str, str] = field(default_factory=dict)
    customers: list[dict] = field(default_factory=list)

    @property
    def traces(self):
        """What tells of this branch wherever it is seen."""
        customers = {customer["id"] for customer in self.customers}
        return {self.mark, str(self.latitude), *self.ids.values(), *customers}

    @property
    def names(self):
        """The ids of one thing of each kind, by the variables of URLs and the names of fields."""
        ids = {**self.ids, "customer_id": self.customers[0]["id"], "org_unit_id": self.unit_id}
        resources = ("customer", "user", "org_unit", "visit_plan", "spend_plan")
        return ids | {f"{resource}.id": ids[f"{resource}_id"] for resource in resources}

    @property
    def everybody(self):
        """Who manages it, who may do everything there, and who sees only their own."""
        return {"manager": self.manager, "administrator": self.strong, "representative": self.rep.api}

    @property
    def place(self):
        return {"location": {"latitude": self.latitude, "longitude": 121.5}, "datum": "DATUM_WGS84"}

    def plan(self, week):
        """The representative's plan of this week, submitted in time, and a draft of the next."""
        week.at(-1, 19)
        for letter in "ABC":
            body = {"name": f"{self.mark} {letter}", "position": self.place, "contactName": self.mark}
            self.customers.append(self.rep.api.post("/v1/customers", body))
        first, second, third = self.customers
        self.rep.routes = [[first, second], [second], [third], [], []]
        self.rep.draft_plan([day + timedelta(days=7) for day in week.days])
        self.ids["draft_id"] = self.rep.plan["id"]
        self.rep.draft_plan(week.days)
        self.rep.submit_plan()
        self.ids["visit_plan_id"] = self.rep.plan["id"]
        self.ids["stop_id"] = self.rep.plan["stops"][0]["id"]

    def file(self, organisation):
        """A change of the representative's account that waits for a superior, and an upload of accounts."""
        change = {"kind": "KIND_FREEZE", "userId": self.rep.id, "reason": self.mark, "handling": self.mark}
        accounts = self.strong.post("/v1/users:beginImportUpload", {"sizeBytes": 10})
        self.ids["user_upload_id"] = accounts["uploadId"]
        self.ids["account_change_id"] = organisation.post("/v1/accountChanges", change)["id"]

    def carry(self):
        """A phone that the representative is bound to, and that the manager signs in from too."""
        device = {
            "installationId": f"phone-of-{self.mark}",
            "model": self.mark,
            "platform": "PLATFORM_ANDROID",
        }
        for api in (self.rep.api, self.manager):
            api.sign_in(device)
        self.ids["device_id"] = self.rep.api.get("/v1/devices")["devices"][0]["id"]
        (sharing,) = self.strong.get("/v1/deviceSharings")["deviceSharings"]
        self.ids["device_sharing_id"] = sharing["id"]

    def work(self, week):
        """A Monday: late, tracked, with a visit and its photos."""
        week.at(0, 9)
        api = self.rep.api
        self.rep.clock_in(week.days[0], (self.latitude, 121.5), is_late=True)
        self.ids["attendance_day_id"] = self.rep.attendance[week.days[0]]["id"]
        point = {"capturedTime": timestamp(week.now()), "position": self.place}
        api.post("/v1/tracks:append", {"deviceId": self.mark, "points": [point]})
        visit_id = self.ids["visit_id"] = self.rep.open_visit(self.customers[0], is_planned=True)
        self.rep.check_shop(visit_id, week.now())
        self.rep.take_photos(visit_id, (FRONT, DISPLAY), week.now())
        self.rep.leave_shop(visit_id, is_valid=True)
        self.ids["photo_id"] = api.get(f"/v1/visits/{visit_id}")["photos"][0]["id"]
        correction = {
            "record": f"visit.visits/{visit_id}",
            "values": {"customerOpinion": self.mark},
            "reason": self.mark,
        }
        self.ids["correction_id"] = api.post("/v1/corrections", correction)["id"]
        incident = api.post("/v1/securityIncidents", {"title": self.mark})
        self.ids["security_incident_id"] = incident["id"]
        (violation,) = api.get("/v1/violations", userId=self.rep.id)["violations"]
        self.ids["violation_id"] = violation["id"]
        step = {"userId": self.rep.id, "cause": "CAUSE_CONDUCT", "facts": self.mark}
        self.ids["disciplinary_action_id"] = self.manager.post("/v1/disciplinaryActions", step)["id"]

    def bring_in(self):
        """An import by the manager: its upload and its operation."""
        content = f"name\n{self.mark} import\n".encode()
        begun = {"sizeBytes": len(content), "contentType": "text/csv"}
        upload = self.manager.post("/v1/customers:beginImportUpload", begun)
        self.manager.upload(upload["uploadUrl"], content, "text/csv")
        request = {"uploadId": upload["uploadId"], "columns": COLUMNS}
        self.ids["upload_id"] = upload["uploadId"]
        self.ids["operation_id"] = self.manager.post("/v1/customers:import", request)["operationId"]

    def ask(self):
        """A customer that is to go to another section."""
        body = {"customerIds": [self.customers[2]["id"]], "reason": self.mark}
        self.ids["customer_distribution_id"] = self.rep.api.post("/v1/customerDistributions", body)["id"]

    def reorganise(self, organisation, week):
        """A move of the branch that waits for a day that does not come."""
        (target,) = organisation.get("/v1/orgUnits", code="hq-marketing")["orgUnits"]
        day = week.days[0] + timedelta(days=300)
        body = {"parentId": target["id"], "effectiveDate": day.isoformat(), "reason": self.mark}
        change = organisation.post(f"/v1/orgUnits/{self.unit_id}:move", body)
        self.ids["org_unit_change_id"] = change["id"]

    def spend(self, week, organisation, deciders):
        """A budget, a plan that is approved and waits for its payment, and one that waits for decisions."""
        month = week.days[0].replace(day=1)
        month_end = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        fund = {"code": uuid.uuid4().hex.upper(), "funder": "总部", "feeKind": "促销费"}
        budget = {
            "fundId": organisation.post("/v1/funds", fund)["id"],
            "resourceClass": "promo_goods",
            "unitId": self.unit_id,
            "periodStartDate": month.isoformat(),
            "periodEndDate": month_end.isoformat(),
            "amount": yuan(1000),
        }
        self.ids["budget_id"] = organisation.post("/v1/budgets", budget)["id"]
        self.ids["open_plan_id"] = self._apply(month)["id"]
        plan = self._apply(month)
        self.ids["spend_plan_id"] = plan["id"]
        for decider in deciders:
            (waiting,) = decider.get("/v1/approvalTasks", spendPlanId=plan["id"], state="STATE_PENDING")[
                "approvalTasks"
            ]
            self.ids["approval_task_id"] = waiting["id"]
            decider.post(f"/v1/approvalTasks/{waiting['id']}:approve")
        (due,) = self.strong.get("/v1/disbursements", spendPlanId=plan["id"])["disbursements"]
        self.ids["disbursement_id"] = due["id"]

    def _apply(self, month):
        item = {"budgetId": self.ids["budget_id"], "amount": yuan(100), "purpose": self.mark}
        body = {"monthStartDate": month.isoformat(), "title": self.mark, "items": [item]}
        plan = self.strong.post("/v1/spendPlans", body)
        return self.strong.post(f"/v1/spendPlans/{plan['id']}:submit")

    def review(self):
        """Reviews the audit log of the unit."""
        body = {"unitId": self.unit_id, "findings": self.mark}
        self.ids["audit_review_id"] = self.strong.post("/v1/auditReviews", body)["id"]

    def is_logged(self):
        """Whether the audit log has heard of the branch."""
        entries = self.strong.get("/v1/auditLog", caller=self.rep.id)["auditEntries"]
        if entries:
            self.ids["audit_entry_id"] = entries[0]["id"]
        return bool(entries)

    def is_told(self):
        """Whether the applicant has heard of the approval."""
        resource = f"spendPlans/{self.ids['spend_plan_id']}"
        notices = self.strong.get("/v1/notices")["notices"]
        told = [notice["id"] for notice in notices if notice["resource"] == resource]
        if told:
            self.ids["notice_id"] = told[0]
        return bool(told)

    def is_in(self):
        operation = self.manager.get(f"/v1/operations/{self.ids['operation_id']}")
        return operation["state"] == "STATE_SUCCEEDED"
