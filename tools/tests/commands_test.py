"""Every command says what it does, from wherever and by whatever path it is called, and does nothing else."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
COMMANDS = sorted(path for path in (ROOT / "tools").iterdir() if path.is_file() and os.access(path, os.X_OK))


def run(arguments: list, folder: str, stdin: str = "", **environment):
    return subprocess.run(
        arguments, cwd=folder, input=stdin, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "CLIENTELE_STATE": f"{folder}/state", **environment},
    )  # fmt: skip


class Help(unittest.TestCase):
    def test_there_are_commands(self):
        self.assertGreater(len(COMMANDS), 10)

    def test_every_command_has_help(self):
        with tempfile.TemporaryDirectory() as folder:
            for command in COMMANDS:
                link = pathlib.Path(folder) / command.name
                link.symlink_to(command)
                for path in (os.path.relpath(command, folder), f"./{command.name}"):
                    with self.subTest(path):
                        done = run([path, "--help"], folder)
                        self.assertEqual((done.returncode, done.stderr), (0, ""))
                        self.assertIn(command.name, done.stdout)
            self.assertFalse((pathlib.Path(folder) / "state").exists())

    def test_a_wrong_argument_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("up", "down", "test", "lint", "install", "scenario", "decode-status", "make-samples"):
                with self.subTest(name):
                    self.assertNotEqual(run([ROOT / "tools" / name, "--no-such-thing", "x"], folder).returncode, 0)
            self.assertFalse((pathlib.Path(folder) / "state").exists())

    def test_ports_that_are_none_are_told(self):
        with tempfile.TemporaryDirectory() as folder:
            for ports in ("abc", "99999", "-1"):
                done = run([ROOT / "tools/down"], folder, CLIENTELE_PORTS=ports)
                self.assertEqual(done.returncode, 1)
                self.assertIn("CLIENTELE_PORTS", done.stderr)


class DecodeStatus(unittest.TestCase):
    def decode(self, *arguments, stdin=""):
        return run([ROOT / "tools/decode-status", *arguments], ROOT, stdin)

    def test_its_own_example(self):
        example = self.decode("--help").stdout.split("tools/decode-status ")[-1].split()[0]
        self.assertIn('"message": "foo"', self.decode(example).stdout)

    def test_nothing_to_decode(self):
        done = self.decode()
        self.assertEqual(done.returncode, 1)
        self.assertIn("nothing to decode", done.stderr)

    def test_an_error_without_details(self):
        for details in ('', ', "details": null', ', "details": [null]'):
            done = self.decode(stdin='{"code": "unavailable"' + details + "}")
            self.assertEqual((done.returncode, done.stderr), (0, ""))


class Token(unittest.TestCase):
    def test_a_name_leads_nowhere_else(self):
        with tempfile.TemporaryDirectory() as folder:
            keys = pathlib.Path(folder) / "state/keys"
            keys.mkdir(parents=True)
            (keys / "token_signing.pem").write_text("")
            (keys / "token_keys.json").write_text('{"keys": [{"kid": "k"}]}')
            for name in ("../../x", "/x", ".x", "a/b"):
                done = run([ROOT / "tools/token", name, "operator"], folder)
                self.assertEqual(done.returncode, 1)
                self.assertIn("name", done.stderr)
                self.assertEqual(list(pathlib.Path(folder).rglob("*.jwt")), [])


if __name__ == "__main__":
    sys.exit(unittest.main())
