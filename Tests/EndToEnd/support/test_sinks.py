"""The sinks themselves: a test that trusts a sink needs the sink to be right."""

import http.client
import json
import os
import signal
import smtplib
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from . import ledger
from .fixtures import http_sink, smtp_sink, smtp_sink_starttls  # noqa: F401
from .sinks import Answer

HERE = os.path.dirname(os.path.abspath(__file__))


def call(url, body=None, headers=None, timeout=5):
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_an_arrival_is_in_memory_and_in_the_file(http_sink, tmp_path):
    assert call(http_sink.url + "/hook?a=1", b'{"x":"\xc3\xa9"}') == (200, b"")
    arrival = http_sink.wait_for(lambda arrival: arrival.path == "/hook?a=1")
    assert http_sink.at("/hook") == [arrival]
    assert (arrival.method, arrival.json, arrival.status) == ("POST", {"x": "é"}, 200)
    assert arrival.headers["content-type"] == "application/json"
    [entry] = ledger.read(tmp_path / "http-ledger.jsonl")
    assert (entry["time"], entry["path"], entry["body"]) == (arrival.time, "/hook?a=1", '{"x":"é"}')


def test_a_body_that_is_no_text_is_kept(http_sink, tmp_path):
    call(http_sink.url + "/hook", b"\xff\x00")
    assert http_sink.arrivals()[0].body == b"\xff\x00"
    [entry] = ledger.read(tmp_path / "http-ledger.jsonl")
    assert (entry["body"], entry["base64"]) == ("/wA=", True)


def test_a_script_is_played_in_order_then_the_emulation_returns(http_sink):
    http_sink.script("/hook", Answer(503, {"Retry-After": 7}, "busy"), Answer(body={"a": 1}))
    assert [call(http_sink.url + "/hook", {}) for _ in range(3)] == [(503, b"busy"), (200, b'{"a": 1}'), (200, b"")]
    http_sink.script("/hook", status=500)
    assert [call(http_sink.url + "/hook", {})[0] for _ in range(2)] == [500, 500]
    assert [arrival.status for arrival in http_sink.at("/hook")] == [503, 200, 200, 500, 500]


def test_hang_reset_and_delay(http_sink):
    http_sink.script("/hook", Answer(hang=True), Answer(reset=True), Answer(delay=0.3))
    with pytest.raises(TimeoutError):
        call(http_sink.url + "/hook", {}, timeout=0.3)
    with pytest.raises((ConnectionResetError, urllib.error.URLError)):
        call(http_sink.url + "/hook", {})
    start = time.monotonic()
    assert call(http_sink.url + "/hook", {})[0] == 200
    assert time.monotonic() - start >= 0.3
    assert [arrival.status for arrival in http_sink.arrivals()] == [None, None, 200]


def test_a_kept_connection_and_many_at_once(http_sink):
    def client():
        connection = http.client.HTTPConnection("127.0.0.1", http_sink.port)
        for _ in range(20):
            connection.request("POST", "/hook", b"{}")
            assert connection.getresponse().read() == b""
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(http_sink.wait_for_count(400)) == 400
    assert [arrival.number for arrival in http_sink.arrivals()] == list(range(1, 401))


def test_a_failed_wait_tells_what_arrived(http_sink):
    call(http_sink.url + "/other", {"a": 1})
    with pytest.raises(TimeoutError, match="(?s)0 of 1 .*/other"):
        http_sink.wait_for(lambda arrival: arrival.path == "/hook", timeout=0.05)


def test_slack_posts_and_updates(http_sink):
    url, bearer = http_sink.url + "/api/", {"Authorization": "Bearer xoxb-1"}

    def api(method, given, headers=bearer):
        return json.loads(call(url + method, given, headers)[1])

    posted = api("chat.postMessage", {"channel": "C1", "text": "opened"})
    assert posted["ok"] and posted["channel"] == "C1" and posted["ts"]
    assert api("chat.postMessage", {"channel": "C1", "text": "x"})["ts"] != posted["ts"]
    assert api("chat.update", {"channel": "C1", "ts": posted["ts"], "text": "resolved"})["ok"]
    assert http_sink.slack.messages["C1", posted["ts"]]["text"] == "resolved"
    assert api("chat.update", {"channel": "C1", "ts": "1.2", "text": "x"}) == {"ok": False, "error": "message_not_found"}
    assert api("chat.postMessage", {"channel": "C1"}) == {"ok": False, "error": "no_text"}
    assert api("chat.postMessage", {"channel": "C1", "text": "x"}, {}) == {"ok": False, "error": "not_authed"}


def test_slack_messages_are_found_by_their_metadata(http_sink):
    url, bearer = http_sink.url + "/api/", {"Authorization": "Bearer xoxb-1"}

    def post(**given):
        return json.loads(call(url + "chat.postMessage", {"channel": "C1", "text": "x", **given}, bearer)[1])["ts"]

    def look(method, **given):
        query = urllib.parse.urlencode({"channel": "C1", **given})
        with urllib.request.urlopen(urllib.request.Request(f"{url}{method}?{query}", headers=bearer), timeout=5) as answer:
            return json.load(answer)

    main = post(metadata={"event_type": "e", "event_payload": {"id": "1"}})
    line = post(thread_ts=main)
    other = post()
    assert [m["ts"] for m in look("conversations.history")["messages"]] == [other, main]
    shown = look("conversations.history", include_all_metadata="true")["messages"]
    assert [m["metadata"] for m in shown] == [{}, {"event_type": "e", "event_payload": {"id": "1"}}]
    assert [m["ts"] for m in look("conversations.replies", ts=main)["messages"]] == [main, line]
    assert look("conversations.replies", ts="1.2") == {"ok": False, "error": "thread_not_found"}
    first = look("conversations.history", limit="1")
    assert first["has_more"] and [m["ts"] for m in first["messages"]] == [other]
    second = look("conversations.history", limit="1", cursor=first["response_metadata"]["next_cursor"])
    assert not second["has_more"] and [m["ts"] for m in second["messages"]] == [main]
    assert look("conversations.history", oldest=str(float(other) + 60))["messages"] == []


def test_slack_webhook(http_sink):
    assert call(http_sink.url + "/services/T/B/x", {"text": "hi"}) == (200, b"ok")
    assert call(http_sink.url + "/services/T/B/x", b"nonsense") == (400, b"invalid_payload")


def test_telegram(http_sink):
    url = http_sink.url + "/bot1:abc/"
    sent = json.loads(call(url + "sendMessage", {"chat_id": -100, "text": "hi"})[1])
    assert sent["ok"] and sent["result"]["message_id"] == 1
    assert call(url + "editMessageText", {"chat_id": -100, "message_id": 1, "text": "hi"})[0] == 400
    assert call(url + "editMessageText", {"chat_id": -100, "message_id": 1, "text": "bye"})[0] == 200
    assert call(url + "sendMessage", {"text": "hi"})[0] == 400


def test_a_late_emulated_answer_has_its_effect_at_arrival(http_sink):
    http_sink.script("/api/chat.postMessage", Answer(emulate=True, delay=0.2))
    body = json.loads(call(http_sink.url + "/api/chat.postMessage", {"channel": "C", "text": "x"}, {"Authorization": "Bearer t"})[1])
    assert body["ok"]


MAIL = "Subject: =?utf-8?q?caf=C3=A9?=\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n.dot\r\n"


def deliver(sink, tls=None, login=None):
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as client:
        if tls:
            client.starttls(context=tls)
        if login:
            client.login(*login)
        return client.sendmail("a@x.example", ["b@x.example", "c@x.example"], MAIL)


def test_a_mail_is_recorded(smtp_sink, tmp_path):
    deliver(smtp_sink)
    mail = smtp_sink.wait_for()
    assert (mail.sender, mail.recipients) == ("a@x.example", ["b@x.example", "c@x.example"])
    assert (mail.subject, mail.text, mail.tls) == ("café", "body\n.dot\n", False)
    assert smtp_sink.messages == [mail]
    [entry] = ledger.read(tmp_path / "smtp-ledger.jsonl")
    assert (entry["headers"]["message-id"], entry["subject"], entry["text"]) == ("<1@x>", "café", "body\n.dot\n")


def test_scripted_refusals_and_a_drop(smtp_sink):
    smtp_sink.script("RCPT", "550 5.1.1 nobody", "550 5.1.1 nobody")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        deliver(smtp_sink)
    smtp_sink.script("DATA", "451 4.3.0 later", smtp_sink.DROP)
    with pytest.raises(smtplib.SMTPDataError):
        deliver(smtp_sink)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        deliver(smtp_sink)
    deliver(smtp_sink)
    assert [mail.reply for mail in smtp_sink.arrivals()] == ["451 4.3.0 later", None, "250 2.0.0 OK queued"]
    assert len(smtp_sink.messages) == 1


def test_starttls_and_credentials_are_required(smtp_sink_starttls):
    with pytest.raises(smtplib.SMTPException):
        deliver(smtp_sink_starttls)
    trusted = ssl.create_default_context(cafile=smtp_sink_starttls.certificate.file)
    with pytest.raises(smtplib.SMTPException):
        deliver(smtp_sink_starttls, trusted, ("relay", "wrong"))
    deliver(smtp_sink_starttls, trusted, ("relay", "secret"))
    [mail] = smtp_sink_starttls.messages
    assert mail.tls and mail.user == "relay"


@pytest.mark.parametrize("program", ["sinks.py", "smtpsink.py"])
def test_as_a_program(program, tmp_path):
    path = tmp_path / "ledger.jsonl"
    command = [sys.executable, os.path.join(HERE, program), "--port", "0", "--ledger", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = int(process.stdout.readline().rsplit(":", 1)[1])
            if program == "sinks.py":
                call(f"http://127.0.0.1:{port}/_sink/script", {"/hook": [{"status": 418}]})
                assert call(f"http://127.0.0.1:{port}/hook", {})[0] == 418
                assert len(json.loads(call(f"http://127.0.0.1:{port}/_sink/arrivals")[1])) == 1
            else:
                with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
                    client.sendmail("a@x.example", ["b@x.example"], MAIL)
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert len(ledger.read(path)) == 1
