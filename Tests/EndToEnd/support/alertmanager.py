"""Debian's prometheus-alertmanager, wired to the gateway as the integration page says, and amtool."""

import datetime
import pathlib
import subprocess
import urllib.request

from support.stack import free_port_block, wait_for


class Alertmanager:
    def __init__(self, folder: pathlib.Path, gateway: str, key: str):
        self.folder = folder
        self.port = free_port_block(2, 29093)
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = folder / "alertmanager.yml"
        self.config.write_text(
            "route:\n"
            "  receiver: tocsin\n"
            "  group_by: [alertname, service]\n"
            "  group_wait: 0s\n"
            "  group_interval: 1s\n"
            "  repeat_interval: 1h\n"
            "receivers:\n"
            "  - name: tocsin\n"
            "    webhook_configs:\n"
            f"      - url: {gateway}/api/webhooks/alertmanager\n"
            "        send_resolved: true\n"
            "        http_config:\n"
            "          authorization:\n"
            f"            credentials: {key}\n"
        )

    def __enter__(self):
        self.process = subprocess.Popen(
            [
                "prometheus-alertmanager", f"--config.file={self.config}", f"--storage.path={self.folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address=",
            ],
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "alertmanager.log").open("w"),
        )

        def ready():
            try:
                return urllib.request.urlopen(f"{self.url}/-/ready", timeout=2).status == 200
            except OSError:
                return False

        wait_for("Alertmanager is ready", ready)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    def amtool(self, *arguments: str) -> None:
        subprocess.run(["amtool", f"--alertmanager.url={self.url}", *arguments], check=True, capture_output=True, timeout=20)

    def add(self, name: str, annotations=None, **labels) -> None:
        notes = [f"--annotation={key}={value}" for key, value in (annotations or {}).items()]
        self.amtool("alert", "add", name, *[f"{key}={value}" for key, value in labels.items()], *notes)

    def resolve(self, name: str, **labels) -> None:
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.amtool("alert", "add", name, *[f"{key}={value}" for key, value in labels.items()], f"--end={now}")
