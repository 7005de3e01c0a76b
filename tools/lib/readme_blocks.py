"""The commands that a README shows: the contents of its shell blocks, one by one as the shell reads them."""

import re
import subprocess

BLOCK = re.compile(r"(<!-- not run:[^>]*-->\s*)?^```(?:sh|bash)\s*$\n(.*?)^```\s*$", re.M | re.S)


def is_whole(command: str) -> bool:
    """Whether the shell would not wait for another line."""
    if command.rstrip("\n").endswith("\\"):
        return False
    return subprocess.run(["bash", "-n", "-c", command], capture_output=True, timeout=10, check=False).returncode == 0


def commands(text: str, run_only: bool = False):
    """Each command with the line it begins on. `run_only` leaves out blocks behind <!-- not run: WHY -->."""
    for block in BLOCK.finditer(text):
        if run_only and block.group(1):
            continue
        first = text.count("\n", 0, block.start(2)) + 1
        began, pending = first, ""
        for offset, line in enumerate(block.group(2).splitlines()):
            if not pending:
                began = first + offset
            pending += line + "\n"
            if is_whole(pending):
                if pending.strip() and not pending.lstrip().startswith("#"):
                    yield began, pending
                pending = ""
        if pending:
            yield began, pending
