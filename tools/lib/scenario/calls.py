"""One call of the scenario: the command as a person would type it, run as it is printed, and what came back.

Bodies hold marks (FRESH_ID and the like) where the printed command has the shell make a fresh value, so that the
command works again and again.
"""

import json
import pathlib
import re
import subprocess

FRESH_ID = "\x01id\x01"  # a UUID
FRESH_NUMBER = "\x01number\x01"  # digits that were never used before
FRESH_MPN = "\x01mpn\x01"  # a programme id
TODAY = "\x01today\x01"

SHELL = {
    FRESH_ID: "$(cat /proc/sys/kernel/random/uuid)",
    FRESH_NUMBER: "$(date +%s%N)",
    FRESH_MPN: "$(shuf -n 1 -i 1000000000-9999999999)",
    TODAY: "$(date -u +%F)",
}

BUF = "node_modules/.bin/buf curl --protocol grpc"
CONSISTENCY = re.compile(r"< \(#\d+\) clientele-consistency: (\S+)", re.I)
SECONDS = 60


def mailed_token(address: str, first: bool = False) -> str:
    """Mark for the token in a mail to this address."""
    return f"\x01mail {'--first ' if first else ''}{address}\x01"


def shell_body(body: dict) -> str:
    """The body as one shell word: single-quoted JSON, its marks as command substitutions."""

    def expansion(match) -> str:
        mark = match.group(0)
        made = SHELL.get(mark) or f"$(tools/mail-token {mark[6:-1]})"
        return f"'\"{made}\"'"

    text = json.dumps(body, ensure_ascii=False).replace("\\u0001", "\x01").replace("'", "'\\''")
    return "'" + re.sub("\x01[^\x01]*\x01", expansion, text) + "'"


class Caller:
    """Who calls: with a bearer token, or with a certificate."""

    def __init__(self, words: str, token: str = "", certificate: str = ""):
        self.words, self._token, self._certificate = words, token, certificate

    def options(self, dash: str) -> list:
        if self._certificate:
            return [f"{dash}cert {self._certificate}/tls.crt {dash}key {self._certificate}/tls.key"]
        return [f'-H "authorization: Bearer $(cat {self._token})"']


class Command:
    """The two forms of a call: for buf curl, which is run, and for grpcurl."""

    def __init__(self, state: str, address: str, caller: Caller, method: str, body: dict, consistency: str):
        authority = f"{state}/authority/ca.crt"
        # buf reads -H as a line of CSV, and the value has commas: there, double quotes hold it together.
        carried = [f"-H 'clientele-consistency: {consistency}'"] if consistency else []
        quoted = [f"""-H '"clientele-consistency: {consistency}"'"""] if consistency else []
        data = f"-d {shell_body(body)}"
        self.method = method
        self._buf = [f"{BUF} --cacert {authority}", *caller.options("--"), *quoted, data, f"https://{address}/{method}"]
        self._grpcurl = [f"grpcurl -cacert {authority}", *caller.options("-"), *carried, data, f"{address} {method}"]

    @staticmethod
    def _lines(parts: list) -> str:
        return " \\\n        ".join(parts)

    def buf(self) -> str:
        return self._lines(self._buf)

    def grpcurl(self) -> str:
        return self._lines(self._grpcurl)

    def run(self, root: pathlib.Path):
        """Runs the printed command, -v added: the metadata of the answer is told nowhere else."""
        command = self.buf().replace("buf curl", "buf curl -v", 1)
        return subprocess.run(
            ["bash", "-c", command], cwd=root, capture_output=True, text=True, timeout=SECONDS, check=False
        )


class Answer:
    """What came back: a message, or an error with its reason and details."""

    def __init__(self, done, contract):
        self.message = json.loads(done.stdout) if done.returncode == 0 else {}
        self.error = None if done.returncode == 0 else self._error(done.stderr, contract)
        found = CONSISTENCY.findall(done.stderr)
        self.consistency = found[-1] if found else ""

    @staticmethod
    def _error(text: str, contract) -> dict:
        start = text.rfind("\n{\n")
        try:
            # The closing of the reflection stream may be told after the error.
            error = json.JSONDecoder().raw_decode(text, start + 1)[0] if start >= 0 else {}
        except ValueError:
            error = {}
        if "code" not in error:
            lines = [line for line in text.splitlines() if not re.match(r"buf: [*<>{}]", line)]
            return {"code": "none", "reason": "", "message": " ".join(lines)[-500:], "details": []}
        details = [contract.detail(detail["type"], detail["value"]) for detail in error.get("details", [])]
        reason = next((detail.get("reason", "") for detail in details if detail["type"] == "google.rpc.ErrorInfo"), "")
        return {"code": error["code"], "reason": reason, "message": error.get("message", ""), "details": details}

    def __getitem__(self, field: str):
        return self.message.get(field, "")

    def violations(self) -> list:
        """Fields that were refused, or preconditions that failed, each with its description."""
        found = []
        for detail in self.error["details"] if self.error else []:
            for violation in detail.get("field_violations", []):
                found.append(f"{violation.get('field', '')}: {violation.get('description', '')}")
            for violation in detail.get("violations", []):
                found.append(f"{violation.get('subject', '')}: {violation.get('description', '')}")
        return found

    def in_short(self, longest: int = 320) -> str:
        if self.error:
            return f"{self.error['code'].upper()}/{self.error['reason']}: {self.error['message']}"[:longest]
        text = json.dumps(self.message, ensure_ascii=False)
        return text if len(text) <= longest else text[:longest] + " …"
