import time


def eventually(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_killed_service_is_named_costs_the_others_nothing_and_comes_back(stack, client):
    with stack.down("customer"):
        eventually(lambda: client.get("/readyz").json()["problems"].keys() == {"customer"})
        assert client.get("/readyz").status_code == 503
        refused = client.get("/v1/customers")
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert client.get("/v1/visits").status_code == 200
        assert client.get("/v1/reports/customers").status_code == 200
    stack.wait_ready()
    eventually(lambda: client.get("/readyz").status_code == 200)
    eventually(lambda: client.get("/v1/customers").status_code == 200)
