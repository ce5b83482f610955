import time

EVERYWHERE = ("/v1/customers", "/v1/visits", "/v1/reports/customers", "/v1/users")


def eventually(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_killed_service_is_named_costs_the_others_nothing_and_comes_back(stack, client):
    eventually(lambda: all(client.get(path).status_code == 200 for path in EVERYWHERE))
    with stack.down("customer"):
        eventually(lambda: client.get("/readyz").json()["problems"].keys() == {"customer"})
        assert client.get("/readyz").status_code == 503
        refused = client.get("/v1/customers")
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert {client.get(path).status_code for path in EVERYWHERE[1:]} == {200}
    stack.wait_ready()
    eventually(lambda: client.get("/readyz").status_code == 200)
    eventually(lambda: all(client.get(path).status_code == 200 for path in EVERYWHERE))
