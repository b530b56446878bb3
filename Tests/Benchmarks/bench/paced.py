"""Requests at fixed times, whatever the answers take."""

import http.client
import threading
import time
import urllib.parse


def send_at_rate(url: str, requests: dict, per_second: float, connections: int = 4) -> tuple:
    """Sends each request, name -> (key, body), at its time over kept connections that take turns.

    Returns when each request was begun (since 1970) and the seconds that each answer took, by name. A request that could
    not begin in time because its connection still waited counts from its own time, not from when it was due: with enough connections
    that does not happen.
    """
    address = urllib.parse.urlsplit(url)
    entries = list(requests.items())
    sent, answered, failures = {}, {}, []
    begun = time.monotonic() + 0.2

    def run(lane: int) -> None:
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=15)
        for index in range(lane, len(entries), connections):
            name, (key, body) = entries[index]
            time.sleep(max(0.0, begun + index / per_second - time.monotonic()))
            sent[name] = time.time()
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
            connection.request("POST", address.path, body, headers)
            answer = connection.getresponse()
            answer.read()
            answered[name] = time.time() - sent[name]
            if answer.status != 200:
                failures.append(answer.status)
        connection.close()

    threads = [threading.Thread(target=run, args=(lane,)) for lane in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise AssertionError(f"{len(failures)} requests were refused: {sorted(set(failures))}")
    return sent, answered
