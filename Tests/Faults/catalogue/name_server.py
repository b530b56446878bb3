"""A name server of our own, and a way to make one process ask it: a mount namespace in which /etc/resolv.conf names it."""

import os
import pathlib
import shutil
import socket
import struct
import subprocess
import threading

ADDRESS = "127.53.53.53"


class NameServer:
    """Answers A questions over UDP as `answers` says: an address, a list that is gone through (the last stays), FAILURE or SILENCE.
    Unknown names do not exist."""

    FAILURE = object()
    SILENCE = object()

    def __init__(self, folder: pathlib.Path):
        self.answers = {}
        self.asked = {}  # name -> questions
        self._folder = folder
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((ADDRESS, 53))
        self._socket.settimeout(0.1)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @staticmethod
    def reason_why_not() -> str | None:
        """Why this machine does not allow it."""
        if os.getuid() != 0 or not shutil.which("unshare"):
            return "a name server of its own for one process needs root"
        if subprocess.run(["unshare", "-m", "mount", "--bind", "/etc/hosts", "/etc/hosts"], capture_output=True).returncode != 0:
            return "a name server of its own for one process needs the right to make a mount namespace"
        return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join(10)
        self._socket.close()

    def wrapper(self) -> list:
        """A command that runs another one with this name server."""
        configuration = self._folder / "resolv.conf"
        configuration.write_text(f"nameserver {ADDRESS}\noptions timeout:2 attempts:2\n")
        script = f'mount --bind {configuration} /etc/resolv.conf && exec "$@"'
        return ["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh"]

    def _serve(self):
        while not self._over.is_set():
            try:
                question, peer = self._socket.recvfrom(2048)
            except TimeoutError:
                continue
            name, kind, end = self._parse(question)
            self.asked[name] = self.asked.get(name, 0) + 1
            answer = self.answers.get(name)
            if isinstance(answer, list):
                answer = answer.pop(0) if len(answer) > 1 and kind == 1 else answer[0]
            if answer is self.SILENCE:
                continue
            if answer is self.FAILURE:
                flags, records = 0x8182, b""
            elif answer is None:
                flags, records = 0x8183, b""
            elif kind == 1:
                flags, records = 0x8180, b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + socket.inet_aton(answer)
            else:
                flags, records = 0x8180, b""  # it exists, and has no address of that kind
            head = question[:2] + struct.pack(">HHHHH", flags, 1, 1 if records else 0, 0, 0)
            self._socket.sendto(head + question[12:end] + records, peer)

    @staticmethod
    def _parse(question):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1 : at + 1 + question[at]].decode())
            at += 1 + question[at]
        return ".".join(labels).lower(), struct.unpack(">H", question[at + 1 : at + 3])[0], at + 5
