"""The receivers of messages: they append every arrival, and answer as badly as they are told."""

import random
import re
import threading

from support.sinks import Answer, SinkServer
from support.smtpsink import MailSink

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CHANNELS = ("webhook", "slack", "slack-bot", "telegram", "email")
# Answers after which the sender cannot know whether its message has arrived.
AMBIGUOUS = ("hang", "reset", "lost")
# Sentences of a message, for receivers that get no id: Services/Notifier/Delivery/Message/MessageTemplate.swift.
_SENTENCES = (
    ("opened", re.compile(r"incident opened: |opened an? \w+ incident: ")),
    ("acknowledged", re.compile(r"cknowledged (it )?\d.*? after it began")),
    ("resolved", re.compile(r"(Resolved|resolved it) after \d")),
    ("reopened", re.compile(r"It is back \(|reopened it \(")),
)
_MARK = re.compile(r"\[([a-z0-9-]+)/(s[0-9]+-[0-9]+)\]")


class MoodySinks(SinkServer):
    """A sink whose answers to a channel go bad for a while. What was recorded with a status of 4xx or 5xx had no effect."""

    def __init__(self, ledger, seed):
        super().__init__(ledger=ledger)
        self._moods = {}
        self._random = random.Random(f"sinks {seed}")
        self._mood_lock = threading.Lock()
        self.ambiguous = 0

    def set_mood(self, channel: str, answer: str, share: float) -> None:
        with self._mood_lock:
            self._moods[channel] = (answer, share)

    def clear_mood(self, channel=None) -> None:
        with self._mood_lock:
            for name in list(self._moods) if channel is None else [channel]:
                self._moods.pop(name, None)

    def next_answer(self, path):
        with self._mood_lock:
            answer, share = self._moods.get(channel_of(path), ("", 0))
            if not answer or self._random.random() >= share:
                return super().next_answer(path)
            if answer in AMBIGUOUS:
                self.ambiguous += 1
        if answer == "500":
            return Answer(status=500)
        if answer == "429":
            return Answer(status=429, headers={"Retry-After": "1"})
        if answer == "hang":
            return Answer(hang=True)
        if answer == "reset":
            return Answer(reset=True)
        if answer == "lost":
            return Answer(emulate=True, lost=True)
        return Answer(emulate=True, delay=2.0)


def channel_of(path: str) -> str:
    """The channel type that a path belongs to."""
    if path.startswith("/hook/"):
        return "webhook"
    if path.startswith("/services/"):
        return "slack"
    if path.startswith("/api/"):
        return "slack-bot"
    return "telegram" if path.startswith("/bot") else ""


class Sinks:
    """All receivers of a run. `host_of`: what turns a port into the port that the notifier is told (a proxy's)."""

    def __init__(self, folder, seed):
        self.http = MoodySinks(folder / "arrivals.jsonl", seed)
        self.mail = MailSink(ledger=folder / "mails.jsonl")
        self._random = random.Random(f"mail {seed}")

    def start(self):
        self.http.start()
        self.mail.start()
        return self

    def stop(self) -> None:
        self.http.stop()
        self.mail.stop()

    def channels(self, slug: str, http_port: int, mail_port: int) -> list:
        """(name, type, settings, options) of each of a team's channels."""
        base = f"http://127.0.0.1:{http_port}"
        slow, mid = ("--match", 'pace="slow"'), ("--match", 'pace=~"slow|mid"')
        return [
            ("hook", "webhook", [f"url={base}/hook/{slug}", f"secret={SECRET}"], ()),
            ("mail", "email", ["host=127.0.0.1", f"port={mail_port}", "security=none", "from=tocsin@example.com",
                               f"to={slug}@example.com"], ()),
            ("chat", "slack", [f"url={base}/services/T0/B0/{slug}"], mid),
            ("bot", "slack-bot", [f"token=xoxb-{slug}", f"channel=C{slug.upper().replace('-', '')}", f"apiBaseURL={base}/api"], mid),
            ("phone", "telegram", [f"token=1:{slug}", "chatId=-100123", f"apiBaseURL={base}"], slow),
        ]

    def set_mood(self, channel: str, answer: str, share: float) -> None:
        if channel == "email":
            reply = {"lost": MailSink.DROP, "reset": MailSink.DROP, "hang": MailSink.DROP}.get(answer, "451 4.3.0 later")
            self.mail.script("DATA", *[reply] * max(1, round(4 * share)))
        else:
            self.http.set_mood(channel, answer, share)

    def heal(self) -> None:
        self.http.clear_mood()
        self.http.clear_scripts()
        self.mail.clear_scripts()

    @property
    def ambiguous(self) -> int:
        """Answers given after which the notifier could not know."""
        return self.http.ambiguous + sum(1 for mail in self.mail.arrivals() if mail.reply is None)

    def arrivals(self) -> list:
        """Every message that came, in the order of arrival, as the checker reads them."""
        web = [read_web(arrival) for arrival in self.http.arrivals()]
        mails = [read_mail(mail) for mail in self.mail.arrivals()]
        return sorted((a for a in web + mails if a), key=lambda a: a["time"])


def read_web(arrival):
    """One arrival as a value: channel, owner and story it names, kind of event where it can be seen, its id where it has one, whether it
    had an effect (False: it was refused), and what else it says."""
    path = arrival.path.split("?")[0]
    channel = channel_of(path)
    if not channel or path.endswith(("auth.test", "getMe", "conversations.history", "conversations.replies")):
        return None
    text = arrival.body.decode("utf-8", "replace")
    data = _json(arrival)
    value = _value(channel, text, arrival.time, arrival.status is None or arrival.status < 400)
    if channel == "webhook":
        value["id"] = arrival.headers.get("webhook-id", "").removeprefix("msg_")
        value["kind"] = str(data.get("type", "")).removeprefix("incident.")
        value["at"] = path.removeprefix("/hook/")
    elif channel == "slack":
        value["at"] = path.rsplit("/", 1)[1]
    elif channel == "slack-bot":
        payload = (data.get("metadata") or {}).get("event_payload") or {}
        value["id"] = payload.get("delivery_id", "")
        value["method"] = path.rsplit("/", 1)[1]
        value["at"] = arrival.headers.get("authorization", "").removeprefix("Bearer xoxb-")
        value["kind"] = ""  # edits tell how things are, not what happened
    else:
        value["at"] = path.removeprefix("/bot1:").split("/")[0]
    return value


def read_mail(mail):
    text = f"{mail.subject}\n{mail.text}"
    value = _value("email", text, mail.time, mail.reply is None or mail.is_accepted)
    value["id"] = str(mail.message["message-id"] or "").strip()
    value["at"] = mail.recipients[0].split("@")[0] if mail.recipients else ""
    return value


def _value(channel, text, time, effective):
    mark = _MARK.search(text)
    kind = next((name for name, pattern in _SENTENCES if pattern.search(text)), "")
    return {
        "channel": channel, "at": "", "owner": mark[1] if mark else "", "story": mark[2] if mark else "", "kind": kind, "id": "",
        "time": time, "effective": effective, "method": "", "owners": sorted({owner for owner, _ in _MARK.findall(text)}),
    }


def _json(arrival):
    try:
        data = arrival.json
        return data if isinstance(data, dict) else {}
    except ValueError:
        return {}
