"""Malformed requests against the real gateway: each has its answer, none reaches a topic."""

import bad_input_table

from support.stack import request


def test_bad_input(stack, team):
    stack.wait_ready()
    before = stack.topic_ends("tocsin.signals")
    rows = bad_input_table.rows(team.ingest_key)
    assert len(rows) >= 60
    wrong = []
    for row in rows:
        answer = request(row["method"], stack.gateway + row["path"], row["body"], row["headers"])
        if answer.status != row["status"] or row["contains"].encode() not in answer.body:
            wrong.append((row["name"], row["status"], row["contains"], answer))
    assert not wrong, "\n".join(map(repr, wrong))
    assert stack.topic_ends("tocsin.signals") == before


def test_bad_bytes(stack, team):
    """What no HTTP library would send: smuggling, bad lengths, endless headers."""
    stack.wait_ready()
    before = stack.topic_ends("tocsin.signals")
    host, port = stack.gateway.removeprefix("http://").split(":")
    for row in bad_input_table.raw_rows(team.ingest_key):
        assert bad_input_table.raw_status(host, int(port), row.request) == row.status, row.name
    assert stack.topic_ends("tocsin.signals") == before
