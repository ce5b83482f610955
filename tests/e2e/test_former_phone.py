"""A representative gets another phone: what the former one had queued still arrives, and nothing later."""

from datetime import timedelta

import httpx
import pytest
from branches.organisation import PASSWORD
from demo_week.api import timestamp


@pytest.fixture
def phones(url):
    """Signs in from a phone, refreshes there and calls: `phones(path, body, token)`."""
    with httpx.Client(base_url=url, timeout=30) as http:

        def ask(path, body, token=""):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = http.post(path, json=body, headers=headers)
            assert answer.status_code < 500, answer.text
            return answer.status_code, answer.json()

        yield ask


def test_a_former_phone_hands_in_what_it_had_captured_and_nothing_later(found, week, phones):
    week.at(0, 9)
    branch = found("phones")
    place = {"name": branch.mark, "position": branch.place, "contactName": "店主"}
    customer = branch.rep.api.post("/v1/customers", place)

    def sign_in(number):
        device = {"installationId": f"{branch.mark}-phone-{number}", "platform": "PLATFORM_ANDROID"}
        account = {"username": branch.rep.api.username, "password": PASSWORD}
        return phones("/v1/auth/login", account | {"device": device})

    _, former = sign_in(1)
    visit_id = branch.rep.open_visit(customer, is_planned=False)
    branch.rep.check_shop(visit_id, week.now())
    queued = week.now() + timedelta(minutes=5)
    status, refusal = sign_in(2)
    assert (status, refusal["reason"]) == (403, "DEVICE_NOT_BOUND")
    week.at(0, 10)
    (waiting,) = branch.manager.get("/v1/devices", state="STATE_PENDING")["devices"]
    branch.manager.post(f"/v1/devices/{waiting['id']}:approve")
    assert sign_in(2)[0] == 200

    week.at(0, 11)
    later = week.now() - timedelta(minutes=5)
    body = {"refreshToken": former["refreshToken"], "installationId": f"{branch.mark}-phone-1"}
    _, session = phones("/v1/auth/refresh", body)

    def hand_in(path, **fields):
        return phones(path, fields, session["accessToken"])

    photo = {"visitId": visit_id, "kind": "KIND_FRONT", "sizeBytes": 1000}
    status, answer = hand_in("/v1/photos:beginUpload", **photo, capturedTime=timestamp(queued))
    assert status == 200, answer
    status, refusal = hand_in("/v1/photos:beginUpload", **photo, capturedTime=timestamp(later))
    assert (status, refusal["errors"][0]["reason"]) == (400, "CAPTURED_AFTER_REPLACEMENT")
    points = [{"capturedTime": timestamp(at), "position": branch.place} for at in (queued, later)]
    _, tracks = hand_in("/v1/tracks:append", deviceId=session["deviceId"], points=points)
    assert tracks["acceptedCount"] == 1
    assert tracks["refused"] == [{"index": 1, "reason": "REASON_DEVICE_REPLACED"}]
    for path in ("/v1/attendance:clockIn", "/v1/customers", f"/v1/visits/{visit_id}:complete"):
        status, refusal = hand_in(path)
        assert (status, refusal["reason"]) == (403, "DEVICE_REPLACED")
