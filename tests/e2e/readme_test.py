"""The README's commands do what it says: each block runs in a shell, against the suite under test."""

import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from suite import PORTS, ROOT, STATE, Suite  # noqa: E402

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)


def blocks() -> list:
    text = (ROOT / "README.md").read_text()
    # ./tools/up and ./tools/test are what runs this test; grpcurl cannot be had here: lint holds it to the contracts.
    return [block for block in BLOCK.findall(text) if "./tools/" not in block and not block.startswith("grpcurl")]


def for_this_suite(block: str) -> str:
    block = block.replace(".local/", f"{STATE}/")
    return re.sub(r"127\.0\.0\.1:74(\d\d)", lambda match: f"127.0.0.1:{PORTS + int(match.group(1))}", block)


class ReadmeTest(unittest.TestCase):
    def test_every_block_runs(self):
        suite = Suite()
        suite.tokens.keep("operator", {"kind": "operator", "sub": "local-operator"})
        found = blocks()
        self.assertGreater(len(found), 4)
        # One shell for all: later blocks use what the first defines.
        script = "set -euo pipefail\n" + "\n".join(for_this_suite(block) for block in found)
        done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])
        for expected in ("clientele.customer.v1.CustomerService/GetCustomer", '"displayName"', '"events"'):
            self.assertIn(expected, done.stdout)


if __name__ == "__main__":
    unittest.main()
