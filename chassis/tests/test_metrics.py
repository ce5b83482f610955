import threading

from chassis.metrics import Metrics
from prometheus_client import generate_latest

GET = "/journeyman.customer.v1.CustomerService/GetCustomer"


def sample(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"journeyman_{name}", labels)


def test_requests_are_counted_by_method_and_code():
    metrics = Metrics()
    metrics.requests.observe(GET, "OK", 0.004)
    metrics.requests.observe(GET, "OK", 0.004)
    metrics.requests.observe(GET, "NOT_FOUND", 0.2)
    assert sample(metrics, "requests_total", method=GET, code="OK") == 2
    assert sample(metrics, "requests_total", method=GET, code="NOT_FOUND") == 1


def test_durations_fall_into_the_buckets_of_their_method():
    metrics = Metrics()
    for seconds in (0.004, 0.2, 60):
        metrics.requests.observe(GET, "OK", seconds)
    assert sample(metrics, "request_duration_seconds_bucket", method=GET, le="0.005") == 1
    assert sample(metrics, "request_duration_seconds_bucket", method=GET, le="0.25") == 2
    assert sample(metrics, "request_duration_seconds_bucket", method=GET, le="+Inf") == 3


def test_parallel_observations_are_all_counted():
    metrics = Metrics()
    threads = [
        threading.Thread(target=lambda: [metrics.requests.observe(GET, "OK", 0.001) for _ in range(500)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sample(metrics, "requests_total", method=GET, code="OK") == 4000


def test_a_pool_is_asked_at_each_scrape():
    metrics = Metrics()
    lent: list[str] = []
    metrics.watch_pool("writes", lambda: len(lent), 8)
    assert sample(metrics, "pool_connections_used", pool="writes") == 0
    lent.append("connection")
    assert sample(metrics, "pool_connections_used", pool="writes") == 1
    assert sample(metrics, "pool_connections_limit", pool="writes") == 8


def test_outbox_and_consumer_lag_are_shown_in_events_and_seconds():
    metrics = Metrics()
    metrics.outbox_lag(3, 1.5)
    metrics.consumer_lag("reporting", "visit", 7, 2.5)
    assert sample(metrics, "outbox_lag_events") == 3
    assert sample(metrics, "outbox_lag_seconds") == 1.5
    assert sample(metrics, "consumer_lag_events", group="reporting", source="visit") == 7
    assert sample(metrics, "consumer_lag_seconds", group="reporting", source="visit") == 2.5


def test_every_name_begins_with_journeyman():
    metrics = Metrics()
    metrics.requests.observe(GET, "OK", 0.001)
    lines = generate_latest(metrics.registry).decode().splitlines()
    assert {line for line in lines if not line.startswith(("#", "journeyman_"))} == set()
