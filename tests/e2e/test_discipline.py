"""A suspension, from visit's ladder to identity's accounts and back."""

import pytest


@pytest.fixture
def branch(found):
    return found("discipline")


@pytest.mark.rule("R139")
def test_who_has_served_a_suspension_signs_in_again_R139(branch, organisation, sign_in, eventually):
    rep = branch.rep.id
    step = {
        "userId": rep,
        "cause": "CAUSE_CONDUCT",
        "facts": branch.mark,
        "step": "STEP_SUSPENSION",
        "skipReason": branch.mark,
    }

    def state():
        return organisation.get(f"/v1/users/{rep}")["state"]

    suspension = branch.manager.post("/v1/disciplinaryActions", step)["id"]
    eventually(lambda: state() == "STATE_FROZEN")
    barred = organisation._http.patch(f"/v1/users/{rep}", json={"state": "STATE_ACTIVE"})
    assert barred.json()["reason"] == "ACCOUNT_BARRED"
    reason = {"reason": branch.mark}
    ended = branch.manager.post(f"/v1/disciplinaryActions/{suspension}:end", reason)
    assert ended["state"] == "STATE_ENDED"
    eventually(lambda: state() == "STATE_ACTIVE")
    assert sign_in(f"{branch.mark}.field-rep")
    following = branch.manager.post("/v1/disciplinaryActions", {**step, "step": "STEP_UNSPECIFIED"})
    assert following["step"] == "STEP_DISMISSAL"
