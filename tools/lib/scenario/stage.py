"""Where the scenario plays: the suite's addresses, its people, and the telling of what happens."""

import os
import pathlib
import subprocess
import sys
import time
import uuid

from contract import Contract
from scenario.calls import Answer, Caller, Command
from tokens import Tokens

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
BOLD, GREEN, RED, DIM, PLAIN = ("\033[1m", "\033[32m", "\033[31m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("",) * 5
PLACE = {"customer": 1, "relationship": 2, "invitation": 3}
AREA = {
    "CustomerService": "customer",
    "ImportSourceService": "customer",
    "PartnerService": "relationship",
    "RelationshipService": "relationship",
    "TerminationHoldService": "relationship",
    "InvitationService": "invitation",
}


class Failed(Exception):
    """An answer was not what the scenario expects."""


def ports() -> int:
    """Where the suite's ports are counted from."""
    given = os.environ.get("CLIENTELE_PORTS", "7400")
    if not given.isdigit():
        sys.exit(f"CLIENTELE_PORTS counts ports from a number, not from {given}.")
    return int(given)


class Stage:
    def __init__(self):
        self.state = os.environ.get("CLIENTELE_STATE", ".local")
        self.preset = os.environ.get("CLIENTELE_PRESET", "release")
        self._ports = ports()
        self.play = time.strftime("%y%m%d-%H%M%S", time.gmtime())
        self.number = time.time_ns()
        self._tokens = Tokens(ROOT / self.state)
        self._contract = Contract()
        begun = ROOT / self.state / "scenario/begun"
        # A play that broke off left its partners and customers as well.
        self.first_play = not begun.exists()
        begun.touch()

    # People.

    def person(self, words: str, name: str, claims: dict) -> Caller:
        """Someone of this play, with a token of their own; the latest play's is linked one folder up."""
        path = self._tokens.keep(f"play-{self.play}/{name}", claims)
        link = path.parent.parent / f"{name}.jwt"
        link.unlink(missing_ok=True)
        link.symlink_to(path.relative_to(link.parent))
        return Caller(words, token=os.path.relpath(path, ROOT))

    def operator(self) -> Caller:
        return Caller("The operator", token=f"{self.state}/tokens/operator.jwt")

    def billing(self) -> Caller:
        return Caller("The billing team", certificate=f"{self.state}/tls/billing")

    def address(self, area: str) -> str:
        return f"127.0.0.1:{self._ports + 10 + PLACE[area]}"

    # Telling.

    def chapter(self, title: str) -> None:
        print(f"\n{BOLD}{title}{PLAIN}", flush=True)

    def tell(self, *lines: str) -> None:
        for line in lines:
            print(f"    → {line}", flush=True)

    def expect(self, holds: bool, what: str) -> None:
        if not holds:
            raise Failed(what)

    # Doing.

    def call(self, caller: Caller, words: str, method: str, body: dict, *, refused="", carry="", tell=None, later="") -> Answer:
        """Calls "Service/Method" and tells it. `refused`: the reason that must come back instead of an answer.
        `carry`: consistency metadata of an earlier answer. `tell`: what to say of the answer, in words. `later`: what
        a repeat is answered, where that is something else."""
        command = self._command(caller, method, body, carry)
        print(f"\n  {caller.words} {words}", flush=True)
        answer = Answer(command.run(ROOT), self._contract)
        try:
            self._check(answer, refused, command)
            self.tell(tell(answer) if tell else answer.in_short())
            for violation in answer.violations():
                self.tell("  " + violation)
            if later:
                self.tell(f"(repeated later: {later})")
        finally:
            print(f"{DIM}      {command.buf()}\n      {command.grpcurl()}{PLAIN}", flush=True)
        return answer

    def quiet(self, caller: Caller, method: str, body: dict) -> Answer:
        """Calls without telling."""
        command = self._command(caller, method, body, "")
        answer = Answer(command.run(ROOT), self._contract)
        self._check(answer, "", command)
        return answer

    def _command(self, caller: Caller, method: str, body: dict, carry: str) -> Command:
        """`method` is "Service/Method"; feeds and audit stand in each service: "customer:EventService/ListEvents"."""
        area, _, rest = method.rpartition(":")
        service = rest.partition("/")[0]
        package = {"EventService": "event", "AuditService": "audit"}.get(service) or AREA[service]
        address = self.address(area or package)
        return Command(self.state, address, caller, f"clientele.{package}.v1.{rest}", body, carry)

    def _check(self, answer: Answer, refused: str, command: Command) -> None:
        if refused and (not answer.error or answer.error["reason"] != refused):
            raise Failed(f"{command.method} should have been refused with {refused}: {answer.in_short(1000)}")
        if not refused and answer.error:
            violations = "".join(f"\n      {violation}" for violation in answer.violations())
            raise Failed(f"{command.method} should have been answered: {answer.in_short(1000)}{violations}")

    def run(self, words: str, arguments: list, exit_code: int = 0) -> str:
        """Runs one of our own tools; answers what it printed."""
        print(f"\n  {words}", flush=True)
        done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        said = (done.stdout + done.stderr).replace("\r", "\n").strip()
        self.tell(*[line for line in said.splitlines() if line.strip()][:8])
        print(f"{DIM}      {' '.join(arguments)}{PLAIN}", flush=True)
        if done.returncode != exit_code:
            raise Failed(f"{arguments[0]} ended with exit code {done.returncode}, not {exit_code}:\n{said[-2000:]}")
        return said

    def wait_for(self, what: str, condition, seconds: float = 30):
        """The first true value that `condition` gives within the time."""
        until = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > until:
                raise Failed(f"{what}: not within {seconds:.0f} seconds")
            time.sleep(0.1)
        return value


def new_id() -> str:
    """The request id of something that happens once: repeated, the printed command has no second effect."""
    return str(uuid.uuid4())
