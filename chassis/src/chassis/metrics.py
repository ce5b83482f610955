"""Prometheus metrics of a process: requests by method, pools, outbox and consumer lag.

Every name begins with `journeyman_`; the process' own figures (memory, files, CPU) too.
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class RequestMetrics:
    """Rate, errors and duration per method.

    Children are kept per (method, code): `labels()` on every request costs three times the counting.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "journeyman_requests_total", "Requests answered", ["method", "code"], registry=registry
        )
        self._seconds = Histogram(
            "journeyman_request_duration_seconds",
            "Time to the answer",
            ["method"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._children: dict[tuple[str, str], tuple[Counter, Histogram]] = {}

    def observe(self, method: str, code: str, seconds: float) -> None:
        """Counts one request. `method` and `code` come from contracts, never from the text of a caller."""
        children = self._children.get((method, code))
        if children is None:
            children = self._requests.labels(method, code), self._seconds.labels(method)
            self._children[method, code] = children
        requests, duration = children
        requests.inc()
        duration.observe(seconds)


class Metrics:
    """The metrics every process has, over a registry to which a service adds its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(namespace="journeyman", registry=self.registry)
        self.requests = RequestMetrics(self.registry)
        self._pool_used = self._gauge("pool_connections_used", "Connections lent out", "pool")
        self._pool_limit = self._gauge("pool_connections_limit", "Connections the pool may open", "pool")
        self._outbox_events = self._gauge("outbox_lag_events", "Committed events not yet announced")
        self._outbox_seconds = self._gauge("outbox_lag_seconds", "Age of the oldest event not yet announced")
        self._consumer_events = self._gauge(
            "consumer_lag_events", "Announced events not yet handled", "group", "source"
        )
        self._consumer_seconds = self._gauge(
            "consumer_lag_seconds", "Age of the oldest event not yet handled", "group", "source"
        )

        self._unsealed = self._gauge("seals_waiting", "Entries that wait for their seal", "chain")
        self._findings = self._gauge("seals_findings", "What the last proof of all found wrong", "chain")
        self._proven_at = self._gauge("seals_proven_timestamp_seconds", "When all was last proven", "chain")

    def _gauge(self, name: str, documentation: str, *labels: str) -> Gauge:
        return Gauge(f"journeyman_{name}", documentation, labels, registry=self.registry)

    def watch_pool(self, pool: str, used: Callable[[], float], limit: int) -> None:
        """Shows how much of a pool is in use; `used` is asked at each scrape."""
        self._pool_used.labels(pool).set_function(used)
        self._pool_limit.labels(pool).set(limit)

    def unsealed(self, chain: str, entries: int) -> None:
        self._unsealed.labels(chain).set(entries)

    def proven(self, chain: str, findings: int, at: float) -> None:
        self._findings.labels(chain).set(findings)
        self._proven_at.labels(chain).set(at)

    def outbox_lag(self, events: int, seconds: float) -> None:
        self._outbox_events.set(events)
        self._outbox_seconds.set(seconds)

    def consumer_lag(self, group: str, source: str, events: int, seconds: float) -> None:
        self._consumer_events.labels(group, source).set(events)
        self._consumer_seconds.labels(group, source).set(seconds)
