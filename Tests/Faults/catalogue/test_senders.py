"""Rows 26 to 28: senders that repeat themselves, contradict themselves, and are late."""

import concurrent.futures

from support.stack import alert, wait_for, webhook


def test_row_26_the_same_webhook_ten_times_at_once(world, shop):
    """Each gets the same answer; there is one event of it."""
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        assert list(pool.map(lambda _: shop.try_once(1), range(10))) == [200] * 10
    shop.check()
    assert shop.count(1) == {"alerts": 1, "occurrences": 1}
    events = shop.stack.rows(f"SELECT kind FROM incident_events WHERE incident_id = '{shop.incidents()[0]['id']}'")
    assert events == [{"kind": "opened"}]


def test_row_27_the_same_id_with_another_body(world, shop):
    """An id names the alert, not the message: another body under it is news of the same alert and is never a second one. A different
    alert cannot take its place: CloudEvents of another source have ids of their own."""
    headers = {"Content-Type": "application/cloudevents+json"}

    def event(source, severity):
        return {
            "specversion": "1.0", "id": "e-1", "source": source, "type": "com.example.failed", "time": "2026-11-21T05:00:00Z",
            "data": {"title": "Failed", "severity": severity, "labels": {"service": shop.service(source)}},
        }

    for source, severity in [("a", "low"), ("a", "critical"), ("b", "low")]:
        answer = shop.team.post("/api/webhooks/cloudevents", event(source, severity), headers=headers)
        assert answer.status == 200, answer
    severity = lambda source: [  # noqa: E731
        row["severity"] for row in shop.stack.rows(f"SELECT severity FROM incidents WHERE labels->>'service' = '{shop.service(source)}'")]
    wait_for("both incidents", lambda: len(shop.incidents()) == 2)
    wait_for("the news of the first", lambda: severity("a") == ["critical"])
    assert severity("b") == ["low"]
    assert shop.count("a") == {"alerts": 1, "occurrences": 1}


def test_row_28_webhooks_out_of_order(world, shop):
    """An end that overtakes its beginning, and an older occurrence that comes late: the alert ends up as its newest webhook says, and a
    channel hears of the opening before the resolution."""
    post = lambda *alerts: shop.team.send(webhook(*alerts))  # noqa: E731
    ended = {"status": "resolved", "starts": "2026-11-21T05:00:00Z", "ends": "2026-11-21T05:10:00Z"}
    # The resolution first, then the firing that it ends.
    post(alert(shop.service(1), **ended))
    post(alert(shop.service(1), starts="2026-11-21T05:00:00Z"))
    # In order, then the first one again, late.
    post(alert(shop.service(2), starts="2026-11-21T05:00:00Z"))
    post(alert(shop.service(2), **ended))
    post(alert(shop.service(2), starts="2026-11-21T05:00:00Z"))
    # A newer occurrence, then the end of the older one.
    post(alert(shop.service(3), starts="2026-11-21T05:20:00Z"))
    post(alert(shop.service(3), **ended))
    shop.accepted = [shop.service(2), shop.service(3)]
    shop.check(may_exist=[1])
    states = lambda: {i["service"]: i["status"] for i in shop.incidents()}  # noqa: E731
    wait_for("the second is over", lambda: states()[shop.service(2)] == "resolved")
    assert states()[shop.service(3)] == "open"
    assert states().get(shop.service(1), "resolved") == "resolved"
    wait_for("the resolution is told", lambda: len(heard(shop, 2)) == 2)
    assert heard(shop, 2) == ["incident.opened", "incident.resolved"]


def heard(shop, number) -> list:
    return [a.json["type"] for a in shop.arrivals() if a.json["data"]["labels"]["service"] == shop.service(number)]
