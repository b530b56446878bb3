"""The stack with all its faults at hand, and back to health between two rows."""

import os

from harness.injectors import BrokerFaults, PostgresFaults, ServiceProcess
from support.stack import SERVICES, Stack

# TOCSIN_FAULTS_LONG=1 takes the catalogue's own times instead of CI's.
IS_LONG = os.environ.get("TOCSIN_FAULTS_LONG") == "1"


def short_or_long(short, long):
    return long if IS_LONG else short


class World:
    def __init__(self, stack: Stack):
        self.stack = stack
        self.services = {name: ServiceProcess(stack, name) for name in SERVICES}
        self.gateway = self.services["ingest-gateway"]
        self.grouper = self.services["alert-grouper"]
        self.notifier = self.services["notifier"]
        self.postgres = PostgresFaults(stack)
        self.broker = BrokerFaults(stack)
        self._members = []

    def member(self, name: str) -> ServiceProcess:
        """A second replica of a service, gone after the row."""
        replica = ServiceProcess(self.stack, name, member=2 + len(self._members))
        self._members.append(replica)
        return replica

    def heal(self) -> None:
        """Everything runs and is ready, as after `up`."""
        self.postgres.start()
        self.broker("up")
        for replica in self._members:
            replica.kill()
        self._members.clear()
        for service in self.services.values():
            if not service.is_alive:
                service.start()
        for service in self.services.values():
            service.wait_ready()

    def close(self) -> None:
        """Nobody is left who is our child: `down` waits for processes by their ids, and ours would stay as zombies."""
        for process in [*self._members, *self.services.values()]:
            if process.is_alive:
                process.resume()
                process.kill()
