"""The pieces of the local suite: certificates and tokens, the mail catcher, processes that are stopped by their id."""

import json
import os
import pathlib
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import jwt
from cryptography import x509

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools/lib"))
import authority  # noqa: E402
import tokens  # noqa: E402


def wait_until(condition, seconds: float = 20):
    until = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > until:
            raise AssertionError("the condition did not come true in time")
        time.sleep(0.02)
    return value


class Keys(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.state = pathlib.Path(self._folder.name)
        authority.main([str(self.state), "clientele.local", "customer-service", "--", "billing"])

    def certificate(self, name: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.state / f"tls/{name}/tls.crt").read_bytes())

    def names(self, name: str) -> list:
        return [str(found.value) for found in self.certificate(name).extensions.get_extension_for_class(
            x509.SubjectAlternativeName).value]  # fmt: skip

    def test_certificates_name_their_service(self):
        self.assertEqual(
            self.names("customer-service"),
            ["spiffe://clientele.local/service/customer-service", "customer-service", "localhost", "127.0.0.1"],
        )
        self.assertEqual(self.names("billing"), ["spiffe://clientele.local/service/billing"])

    def test_a_repeat_changes_nothing(self):
        before = {path: path.read_bytes() for path in self.state.rglob("*") if path.is_file()}
        authority.main([str(self.state), "clientele.local", "customer-service", "--", "billing"])
        self.assertEqual(before, {path: path.read_bytes() for path in self.state.rglob("*") if path.is_file()})

    def test_a_new_authority_renews_every_certificate(self):
        before = self.certificate("billing").serial_number
        (self.state / "authority/ca.key").unlink()
        authority.main([str(self.state), "clientele.local", "customer-service", "--", "billing"])
        self.assertNotEqual(before, self.certificate("billing").serial_number)
        self.assertEqual(
            (self.state / "tls/billing/ca.crt").read_bytes(), (self.state / "authority/ca.crt").read_bytes()
        )

    def test_secrets_are_for_their_owner_alone(self):
        for path in ["authority/ca.key", "tls/billing/tls.key", "keys/token_signing.pem", "keys/page_token_keys"]:
            self.assertEqual((self.state / path).stat().st_mode & 0o777, 0o600, path)

    def test_tokens_are_signed_by_the_published_key_and_renewed(self):
        keeper = tokens.Tokens(self.state)
        path = keeper.keep("anna", tokens.partner_user("partners/p1", "anna", "admin_agent"))
        path.write_text("stale")
        self.assertEqual(tokens.Tokens(self.state).renew(), 1)
        jwk = json.loads((self.state / "keys/token_keys.json").read_text())["keys"][0]
        key = jwt.algorithms.OKPAlgorithm.from_jwk(jwk)
        claims = jwt.decode(path.read_text(), key, algorithms=["EdDSA"], audience="clientele/global")
        self.assertEqual((claims["partner"], claims["roles"]), ("p1", ["admin_agent"]))
        self.assertEqual(claims["exp"] - claims["iat"], 12 * 3600)


class Mail(unittest.TestCase):
    def test_a_mail_becomes_a_file_and_its_token_is_found(self):
        with tempfile.TemporaryDirectory() as state, socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            taken.close()
            catcher = subprocess.Popen(
                ["/usr/bin/python3", "-B", ROOT / "tools/lib/mail_catcher.py", str(port), f"{state}/mail"],
                stdout=subprocess.PIPE,
                text=True,
            )
            try:
                self.assertIn("mail catcher", catcher.stdout.readline())
                for token in ("k1.first", "k1.second-_"):
                    with smtplib.SMTP("127.0.0.1", port, timeout=10) as server:
                        server.sendmail(
                            "a@b.example",
                            ["Zoe@x.example"],
                            f"Subject: hello\r\n\r\nhttps://portal.example/accept?token={token}\r\n",
                        )
            finally:
                catcher.terminate()
                catcher.communicate(timeout=10)
            self.assertEqual(self.token(state, "zoe@x.example"), "k1.second-_")
            self.assertEqual(self.token(state, "--first", "zoe@x.example"), "k1.first")
            self.assertEqual(self.token(state, "nobody@x.example"), "")

    @staticmethod
    def token(state: str, *arguments: str) -> str:
        command = [ROOT / "tools/mail-token", *arguments]
        environment = {**os.environ, "CLIENTELE_STATE": state}
        return subprocess.run(
            command, capture_output=True, text=True, timeout=30, check=False, env=environment
        ).stdout.strip()


class ShellParts(unittest.TestCase):
    """The parts of the launcher, sourced by a shell, on a folder of their own."""

    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.state = pathlib.Path(self._folder.name)
        (self.state / "run").mkdir()
        (self.state / "log").mkdir()

    def start(self, script: str, state: pathlib.Path = None) -> subprocess.Popen:
        sources = "".join(f". tools/lib/{name}.sh; " for name in ("console", "suite", "process", "postgres", "services"))
        return subprocess.Popen(
            ["bash", "-c", f"set -euo pipefail; {sources}{script}"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "CLIENTELE_STATE": str(state or self.state)},
        )

    def shell(self, script: str, state: pathlib.Path = None) -> str:
        with self.start(script, state) as shell:
            said, _ = shell.communicate(timeout=120)
        self.assertEqual(shell.returncode, 0, said)
        return said


class Processes(ShellParts):
    """tools/lib/process.sh, suite.sh"""

    def test_start_and_stop(self):
        self.shell("start_process sleeper v1 sleep 100")
        pid = int(self.shell("pid_of sleeper"))
        self.assertEqual(self.shell("runs_as sleeper v1 && echo same; runs_as sleeper v2 || echo other"), "same\nother\n")
        self.shell("stop_process sleeper")
        wait_until(lambda: not pathlib.Path(f"/proc/{pid}").exists())
        self.assertFalse((self.state / "run/sleeper.pid").exists())

    def test_a_copy_knows_its_original(self):
        self.shell("leave_the_original; start_process sleeper v1 sleep 100")
        self.addCleanup(self.shell, "stop_process sleeper")
        self.assertEqual(self.shell("original"), "")
        with tempfile.TemporaryDirectory() as elsewhere:
            copy, moved = pathlib.Path(elsewhere) / "copy", pathlib.Path(elsewhere) / "moved"
            shutil.copytree(self.state, copy, symlinks=True)
            self.assertEqual(self.shell("original", copy), str(self.state))
            self.assertIn("is a copy", self.shell("leave_the_original", copy))
            self.assertEqual(self.shell("original; pid_of sleeper || echo none", copy), "none\n")
            copy.rename(moved)
            self.assertEqual(self.shell("original", moved), "")
        self.assertTrue(self.shell("pid_of sleeper"))

    def test_a_taken_port_is_told(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.assertIn(f"Port {port}, where x", self.shell(f"(expect_free x {port}) 2>&1 || true"))
        self.assertEqual(self.shell(f"expect_free x {port}"), "")

    def test_an_id_given_to_another_process_is_left_alone(self):
        with subprocess.Popen(["sleep", "100"]) as other:
            boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
            (self.state / "run/sleeper.pid").write_text(f"{other.pid} 1 {boot} v1\n")
            self.shell("stop_process sleeper")
            self.assertIsNone(other.poll())
            other.kill()


class Database(ShellParts):
    """tools/lib/postgres.sh"""

    def setUp(self):
        super().setUp()
        self.state.chmod(0o755)  # PostgreSQL's user lives in it
        self.addCleanup(self.shell, 'stop_postgres; rm -rf "$(cat "$STATE/run/socket_directory")" "$(pg_directory)"')

    def postmaster(self) -> int:
        return int((self.state / "postgres/data/postmaster.pid").read_text().split()[0])

    def test_it_is_healed(self):
        answers = '"$PG_BIN/pg_isready" --quiet --host="$(cat "$STATE/run/socket_directory")"'
        self.shell(f"start_postgres; {answers}")
        first = self.postmaster()
        self.assertEqual(self.shell(f"start_postgres; {answers}"), "")
        self.assertEqual(self.postmaster(), first)
        # A client who never leaves lets no smart shutdown end.
        self.shell(
            'sql() { as_postgres psql -At --host="$(cat "$STATE/run/socket_directory")" --username="$PG_ADMIN"'
            ' --dbname=postgres --command="$1"; }; sql "SELECT pg_sleep(100)" >/dev/null 2>&1 &'
            " until sql 'SELECT query FROM pg_stat_activity' | grep -q pg_sleep; do sleep 0.1; done"
        )
        os.kill(first, signal.SIGTERM)
        self.assertIn("starting it anew", self.shell(f"start_postgres; {answers}"))
        second = self.postmaster()
        self.assertNotEqual(first, second)
        os.kill(second, signal.SIGKILL)
        self.shell(f"start_postgres; {answers}")
        self.assertNotEqual(second, self.postmaster())

    def test_a_kill_while_the_cluster_is_made(self):
        with self.start("start_postgres") as shell:
            wait_until((self.state / "postgres/unfinished/base").exists)
            shell.kill()
        orphan = (self.state / "run/initdb.pid").read_text().split()[0]
        self.assertTrue(pathlib.Path(f"/proc/{orphan}").exists())
        self.shell("start_postgres")
        wait_until(lambda: not pathlib.Path(f"/proc/{orphan}").exists())
        self.assertTrue((self.state / "postgres/data/PG_VERSION").exists())


class Interrupts(unittest.TestCase):
    """tools/lib/console.sh: who ends a command ends what it runs."""

    def end(self, step: str, send) -> int:
        """Ends a shell that runs a step of three processes and holds the lock; answers how the shell ended."""
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            inner = f"sleep 100 & echo $! >{folder}/pid; wait"
            script = f"set -euo pipefail; . tools/lib/console.sh; exec 9>{folder}/lock; flock 9; "
            shell = subprocess.Popen(
                ["bash", "-c", script + step.format(folder=folder) + f" bash -c '{inner}'"],
                cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )  # fmt: skip
            pid = wait_until(lambda: (folder / "pid").exists() and (folder / "pid").read_text().strip())
            send(shell.pid)
            code = shell.wait(timeout=20)
            wait_until(lambda: not pathlib.Path(f"/proc/{pid}").exists())
            subprocess.run(["flock", "--nonblock", folder / "lock", "true"], timeout=10, check=True)
            return code

    STEPS = ("run_long 100 waiting {folder}/log", "supervise timeout 100")

    def test_ctrl_c(self):
        for step in self.STEPS:
            self.assertEqual(self.end(step, lambda pid: os.killpg(pid, signal.SIGINT)), -signal.SIGINT)

    def test_sigterm(self):
        for step in self.STEPS:
            self.assertEqual(self.end(step, lambda pid: os.kill(pid, signal.SIGTERM)), -signal.SIGTERM)

    def test_after_a_kill_nothing_keeps_the_lock(self):
        for step in self.STEPS:
            with tempfile.TemporaryDirectory() as name:
                script = f"set -eu; . tools/lib/console.sh; exec 9>{name}/lock; flock 9; {step.format(folder=name)} sleep 5"
                with subprocess.Popen(["bash", "-c", script], cwd=ROOT, stdout=subprocess.DEVNULL) as shell:
                    wait_until(lambda: pathlib.Path(f"/proc/{shell.pid}/task/{shell.pid}/children").read_text())
                    time.sleep(0.2)
                    shell.kill()
                subprocess.run(["flock", "--wait", "2", f"{name}/lock", "true"], timeout=10, check=True)

    def test_a_step_keeps_its_input_and_exit_code(self):
        script = "set -eu; . tools/lib/console.sh; echo said | supervise cat; supervise bash -c 'exit 7' || echo $?"
        done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
        self.assertEqual(done.stdout, "said\n7\n")


if __name__ == "__main__":
    unittest.main()
