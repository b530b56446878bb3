"""Webhook bodies of exact sizes: what Alertmanager sends, 1,403 bytes with one alert and 15,454 with twenty."""

import hashlib
import json

# Bytes of a body by its number of alerts: the sizes that the peers in the performance goals were measured with.
SIZES = {1: 1403, 20: 15454}


def alert(service: str, instance: int, starts: str, severity: str = "critical") -> dict:
    labels = {
        "alertname": "HighErrorRate",
        "cluster": "eu-central-1",
        "instance": f"10.0.{instance // 250}.{instance % 250}:9090",
        "job": service,
        "namespace": "production",
        "pod": f"{service}-7d9c5b8f6c-{instance:05d}",
        "service": service,
        "severity": severity,
    }
    return {
        "status": "firing",
        "labels": labels,
        "annotations": {
            "description": f"5xx on {service} above 5 % for 10 minutes.",
            "summary": f"{service} answers with errors",
        },
        "startsAt": starts,
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example.com:9090/graph?g0.expr=rate%28http_requests_total%5B5m%5D%29&g0.tab=1",
        "fingerprint": hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:16],
    }


def body(service: str, count: int, starts: str, first_instance: int = 0) -> bytes:
    """`count` alerts of one service as Alertmanager groups them, padded to the size of that count."""
    alerts = [alert(service, first_instance + number, starts) for number in range(count)]
    content = {
        "receiver": "tocsin",
        "status": "firing",
        "alerts": alerts,
        "groupLabels": {"service": service},
        "commonLabels": {name: alerts[0]["labels"][name] for name in ("alertname", "cluster", "job", "namespace", "service", "severity")},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example.com:9093",
        "version": "4",
        "groupKey": '{}/{team="shop"}:{service="%s"}' % service,
        "truncatedAlerts": 0,
    }
    missing = SIZES.get(count, 0) - len(encode(content))
    for number, entry in enumerate(alerts):
        share = missing // count + (missing % count if number == count - 1 else 0)
        entry["annotations"]["description"] += padding(share)
    return encode(content)


def encode(content: dict) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def padding(length: int) -> str:
    sentence = " Look at the error budget, the last deployment and the state of the database before you scale out."
    return (sentence * (max(length, 0) // len(sentence) + 1))[: max(length, 0)]


def widened(body: bytes, labels: int) -> bytes:
    """The same alerts with so many labels each: the first ones of theirs, or further ones."""
    content = json.loads(body)
    for entry in content["alerts"]:
        # What names the alert and its group comes first.
        order = ("service", "instance", "alertname", "severity", "pod", "cluster", "job", "namespace")
        kept = {name: entry["labels"][name] for name in order[:labels]}
        entry["labels"] = kept | {f"label_{number:02d}": f"value-{number:02d}" for number in range(len(kept), labels)}
    return encode(content)
