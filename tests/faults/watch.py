"""What probes and metrics see of a cell while faults go on."""

import re
import threading
import time
import urllib.request

from suite import eventually

from cell import Cell, Replica

# The connections of a replica.
LANES = {"read": 2, "write": 2, "bulk": 2, "list": 4}


class Watch:
    """Asks every running replica for its liveness, again and again. `with Watch(cell) as watch: …`"""

    def __init__(self, cell: Cell):
        self._replicas = cell.running()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.polls = 0
        self.deaths = []

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.2):
            for replica in self._replicas:
                self.polls += 1
                # Once more where the machine was too busy for an answer within the probe's second.
                if not replica.lives() and not replica.lives():
                    self.deaths.append((replica.service, time.monotonic()))


def lanes(replica: Replica, name: str) -> dict:
    """The gauge clientele_lane_<name> of each lane."""
    with urllib.request.urlopen(f"http://{replica.metrics}/metrics", timeout=5) as answer:
        found = re.findall(rf'^clientele_lane_{name}{{lane="(\w+)"}} (\S+)$', answer.read().decode(), re.MULTILINE)
    return {lane: float(value) for lane, value in found}


def rests(replica: Replica) -> bool:
    """No job waits and no connection works, in every lane."""
    queued, busy = lanes(replica, "queued"), lanes(replica, "busy")
    return len(queued) == len(LANES) and len(busy) == len(LANES) and not any([*queued.values(), *busy.values()])


def every_lane_connected(cell: Cell, replicas: int, seconds: float = 15) -> None:
    """All connections of each lane of each replica: no worker is stuck or gone."""
    wanted = {f"{service}-service/{lane}": connections * replicas
              for service in cell.replicas for lane, connections in LANES.items()}  # fmt: skip

    def connected() -> dict:
        rows = cell.postgres.sql("SELECT application_name, count(*) FROM pg_stat_activity GROUP BY 1")
        return {name: int(count) for name, count in rows if name in wanted}

    eventually(lambda: connected() == wanted, seconds)
