"""Commands that come as records, as chat will send them."""

import json

from support.stack import alert, webhook


def test_commands_from_the_topic(stack, team):
    """A command record acknowledges; the same record again changes nothing."""
    team.send(webhook(alert("cmd")))
    incident = team.incident_of("cmd")
    command = json.dumps({
        "id": "c-1", "teamId": incident["teamId"], "incidentId": incident["id"], "action": "acknowledge", "actor": "person:ada",
        "at": "2026-11-21T05:00:00Z",
    })
    for _ in range(2):
        stack.run(
            "bash", "-c", f"printf '%s' '{command}' | kcat -b \"$KAFKA_BROKERS\" -P -t tocsin.commands -k {incident['id']}",
            **stack.operator_environment(),
        )
    acknowledged = team.incident_of("cmd", status="acknowledged")
    assert acknowledged["assigneeId"] == "ada"
    events = stack.rows(f"SELECT kind FROM incident_events WHERE incident_id = '{incident['id']}' ORDER BY sequence")
    assert [e["kind"] for e in events] == ["opened", "acknowledged"]
