"""CPU of processes, and who else uses the machine."""

import os
import pathlib
import time

# More of a core than this used by others spoils a repetition.
QUIET_CORES = 0.15
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids) -> float:
    """Of processes and of those of their children that have ended."""
    used = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        used += sum(int(field) for field in fields[11:15])
    return used / TICK


def family(pid: int) -> list:
    try:
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [pid] + [each for child in children for each in family(int(child))]


def machine_busy() -> float:
    """Core seconds that were not idle since the machine started."""
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return (sum(fields[:8]) - fields[3] - fields[4]) / TICK


def kernel_threads() -> list:
    """Among them those that write the database's files."""
    return family(2)


class Usage:
    """What groups of processes use between begin() and end(); `others` is everything that belongs to none of them."""

    def __init__(self, groups: dict):
        # Of each group a function that tells its processes: they come and go.
        self._groups = groups

    def _read(self) -> tuple:
        return time.monotonic(), machine_busy(), {name: cpu_seconds(pids()) for name, pids in self._groups.items()}

    def begin(self) -> None:
        self._begun = self._read()

    def end(self) -> None:
        (t0, busy0, used0), (t1, busy1, used1) = self._begun, self._read()
        self.seconds = t1 - t0
        self.used = {name: max(0.0, used1[name] - used0[name]) for name in used0}
        # In cores.
        self.others = max(0.0, busy1 - busy0 - sum(self.used.values())) / self.seconds
        self.noisy = self.others > QUIET_CORES
