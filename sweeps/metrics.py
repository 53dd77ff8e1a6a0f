"""What Prometheus is told about the scheduler's sweeps."""

from __future__ import annotations

from collections import Counter as Count
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from sweeps.job import Swept

SECONDS = (1, 5, 15, 60, 300, 900, 3600, 4 * 3600)


class Metrics:
    """The metrics of one scheduler, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.running = Gauge("loantrail_sweep_running", "Whether a sweep is running", registry=self.registry)
        self.sweeps = Counter("loantrail_sweeps", "Sweeps by outcome", ["outcome"], registry=self.registry)
        self.seconds = Histogram(
            "loantrail_sweep_seconds", "How long sweeps took", buckets=SECONDS, registry=self.registry
        )
        self.ended = Gauge("loantrail_sweep_ended_timestamp_seconds", "When a sweep last ended", registry=self.registry)
        self.findings = Gauge(
            "loantrail_findings", "Findings of the last sweep by detector", ["detector"], registry=self.registry
        )
        self.detector_seconds = Gauge(
            "loantrail_detector_seconds", "How long a detector last took", ["detector"], registry=self.registry
        )
        self.failures = Counter(
            "loantrail_detector_failures", "Failures by detector", ["detector"], registry=self.registry
        )
        self.alerts = Counter("loantrail_alerts_folded", "What sweeps did to alerts", ["what"], registry=self.registry)

    def observe(self, swept: Swept, at: datetime) -> None:
        """A sweep has ended."""
        result = swept.result
        self.seconds.observe(result.timings["total"])
        self.ended.set(at.timestamp())
        found = Count(finding.detector for finding in result.findings)
        for detector in result.params:
            self.findings.labels(detector).set(found[detector])
            if detector in result.timings:
                self.detector_seconds.labels(detector).set(result.timings[detector])
        for failed in result.failed:
            self.failures.labels(failed.detector).inc()
        if swept.folded is not None:
            for what, number in swept.folded.to_json().items():
                if what not in {"sweep_id", "repeated"}:
                    self.alerts.labels(what).inc(number)

    def text(self) -> bytes:
        """What Prometheus reads."""
        return generate_latest(self.registry)
