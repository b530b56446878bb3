"""pytest fixtures of the sinks, for a test module or a conftest.py to import by name."""

import pytest

from .sinks import SinkServer


@pytest.fixture
def http_sink(tmp_path):
    """A running `SinkServer` with its ledger in the test's directory."""
    with SinkServer(ledger=tmp_path / "http-ledger.jsonl") as sink:
        yield sink


@pytest.fixture
def smtp_sink(tmp_path):
    """A running plain-text `MailSink`; skipped where aiosmtpd is not installed."""
    smtpsink = pytest.importorskip("support.smtpsink", reason="needs aiosmtpd", exc_type=ImportError)
    with smtpsink.MailSink(ledger=tmp_path / "smtp-ledger.jsonl") as sink:
        yield sink


@pytest.fixture
def smtp_sink_starttls(tmp_path):
    """As `smtp_sink`, with STARTTLS required and the account relay / secret."""
    smtpsink = pytest.importorskip("support.smtpsink", reason="needs aiosmtpd", exc_type=ImportError)
    ledger = tmp_path / "smtp-ledger.jsonl"
    with smtpsink.MailSink(ledger=ledger, starttls=True, user="relay", password="secret") as sink:
        yield sink
