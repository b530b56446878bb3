"""A team with one channel: sends alerts, remembers what was accepted, and checks that each had its effect once."""

import concurrent.futures
import http.client

from support.stack import Team, alert, wait_for, webhook

SECRET = "secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Shop:
    """Every alert is of a service of its own, so that it becomes an incident of its own."""

    def __init__(self, stack, sink, slug: str):
        self.stack = stack
        self.sink = sink
        self.team = Team(stack, slug)
        self.path = f"/hook/{slug}"
        self.team.channel("hook", "webhook", f"url={sink.url}{self.path}", SECRET)
        self.prefix = ""
        self.accepted = []

    def begin(self, name: str) -> "Shop":
        """Forgets what was accepted; what comes from now on carries the name."""
        self.prefix = name.removeprefix("test_").replace("_", "-")[:60].replace("[", "-").replace("]", "")
        self.accepted = []
        return self

    # -- sending

    def service(self, number) -> str:
        return f"{self.prefix}-{number}"

    def body(self, number, **fields) -> dict:
        return webhook(alert(self.service(number), **fields))

    def try_once(self, number, timeout=15.0):
        """One request: its status, or None when the answer never came."""
        try:
            status = self.team.post("/api/webhooks/alertmanager", self.body(number), timeout=timeout).status
        except (OSError, http.client.HTTPException):
            status = None
        if status == 200:
            self.accepted.append(self.service(number))
        return status

    def send(self, *numbers) -> None:
        """Each is sent until it is accepted, as Alertmanager does."""
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: self.team.send(self.body(number)), numbers))
        self.accepted += [self.service(number) for number in numbers]

    # -- what became of it

    def incidents(self) -> list:
        return self.stack.rows(
            "SELECT i.id, i.number, i.status, i.sequence, i.labels->>'service' AS service FROM incidents i "
            f"JOIN teams t ON t.id = i.team_id WHERE t.slug = '{self.team.slug}' "
            f"AND left(i.labels->>'service', {len(self.prefix) + 1}) = '{self.prefix}-'"
        )

    def deliveries(self, channel: str = "hook") -> list:
        return self.stack.rows(
            "SELECT d.id, d.incident_id, d.sequence, d.part, d.state, d.attempts, d.resends, d.last_error, i.labels->>'service' AS service "
            "FROM deliveries d JOIN incidents i ON i.id = d.incident_id JOIN notification_channels c ON c.id = d.channel_id "
            f"JOIN teams t ON t.id = d.team_id WHERE t.slug = '{self.team.slug}' AND c.name = '{channel}' "
            f"AND left(i.labels->>'service', {len(self.prefix) + 1}) = '{self.prefix}-'"
        )

    def arrivals(self) -> list:
        """Messages at the sink about this row's incidents."""
        return [
            arrival for arrival in self.sink.at(self.path)
            if arrival.json["data"]["labels"]["service"].startswith(self.prefix + "-")
        ]

    def check(self, timeout: float = 90.0, may_exist=(), resends: int = 0) -> None:
        """Waits until every accepted alert has its one incident and its one message; I1 to I4 for this row.

        `may_exist`: numbers of alerts whose sender got no answer. `resends`: copies of a message, under the same id, that the policy
        allows for messages which were in doubt.
        """
        wanted = set(self.accepted)
        allowed = wanted | {self.service(number) for number in may_exist}
        try:
            wait_for("an incident for each accepted alert", lambda: wanted <= {i["service"] for i in self.incidents()}, timeout, 0.1)
        except AssertionError:
            raise AssertionError(f"lost: {sorted(wanted - {i['service'] for i in self.incidents()})}") from None
        try:
            wait_for("every message has its outcome", self._all_told, timeout, 0.1)
        except AssertionError:
            raise AssertionError(f"not told: {self._untold()}") from None
        services = [incident["service"] for incident in self.incidents()]
        assert len(services) == len(set(services)), f"twice: {sorted(s for s in services if services.count(s) > 1)}"
        assert set(services) <= allowed, f"never sent: {set(services) - allowed}"
        rows = self.deliveries()
        assert len({(row["incident_id"], row["sequence"], row["part"]) for row in rows}) == len(rows)
        arrivals = self.arrivals()
        ids = [arrival.headers["webhook-id"] for arrival in arrivals]
        counted = sum(row["resends"] for row in rows)
        assert {row["id"] for row in rows} == {i.removeprefix("msg_") for i in ids}, "messages and ledger differ"
        assert len(ids) - len(set(ids)) <= counted <= resends, f"{len(ids) - len(set(ids))} copies, {counted} counted, {resends} allowed"

    def _all_told(self) -> bool:
        return not self._untold()

    def _untold(self) -> list:
        """Incidents without a message, and messages that were not sent."""
        rows = self.deliveries()
        planned = {row["incident_id"] for row in rows}
        return [i for i in self.incidents() if i["id"] not in planned] + [row for row in rows if row["state"] != "sent"]

    def count(self, number) -> dict:
        """Alert rows and occurrences of one alert: each webhook about it counts once."""
        return self.stack.rows(
            "SELECT count(DISTINCT (a.team_id, a.fingerprint)) AS alerts, count(o.*) AS occurrences FROM alerts a "
            "JOIN alert_occurrences o ON o.team_id = a.team_id AND o.fingerprint = a.fingerprint "
            f"JOIN teams t ON t.id = a.team_id WHERE t.slug = '{self.team.slug}' AND a.labels->>'service' = '{self.service(number)}'"
        )[0]

    def facts(self, topic: str = "tocsin.incidents") -> list:
        """Ids of the records in a topic that are about this row, as they lie there: one for each time that it was published."""
        output = self.stack.run(
            "kcat", "-b", self.stack.saved["KAFKA_BROKERS"], "-t", topic, "-C", "-e", "-q", "-f", "%h\\t%s\\n", timeout=60
        ).stdout
        ids = []
        for line in output.splitlines():
            headers, _, value = line.partition("\t")
            if self.prefix + "-" in value:
                ids.append(dict(part.split("=", 1) for part in headers.split(",") if "=" in part)["ce_id"])
        return ids

    def letters(self) -> int:
        """Dead letters of all rows so far."""
        return self.stack.rows("SELECT count(*)::int AS n FROM dead_letters")[0]["n"]
