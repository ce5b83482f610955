from chassis.notices import raised


def test_a_raised_notice_is_a_fact_of_its_service():
    fact = raised(
        "visit",
        "visitPlans.late",
        recipients=["b", "", "a", "b"],
        permission="visits.read",
        unit_id="unit",
        parameters={"week": 47},
        resource="visitPlans/1",
        dedupe_key="visitPlans.late/1",
    )
    assert (fact.type, fact.subject) == ("journeyman.visit.notice.raised.v1", "visitPlans.late/1")
    assert list(fact.data.recipient_ids) == ["a", "b"]
    assert dict(fact.data.parameters) == {"week": "47"}
    assert (fact.data.recipient_permission, fact.data.recipient_unit_id) == ("visits.read", "unit")
