"""The layer lint, the README lint and decode-status: each rule catches what it forbids, and nothing else."""

import base64
import json
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools/lib"))
import lint_layers  # noqa: E402
import lint_readme  # noqa: E402
import readme_blocks  # noqa: E402
from contract import Contract  # noqa: E402

# A line, the file it stands in, and what the lint says of it (empty: nothing).
LINES = [
    ("services/customer/domain/a.h", '#include "grpcpp/grpcpp.h"', "domain knows no gRPC"),
    ("services/customer/domain/a.cc", '#include "common/pg/session.h"', "domain knows no database"),
    ("services/customer/domain/a.cc", '#include "clientele/customer/v1/customer.pb.h"', "domain knows no generated protos"),
    ("services/customer/domain/a.cc", '#include "services/customer/storage/b.h"', "domain includes nothing above it"),
    ("services/customer/domain/a.cc", '#include "common/core/error.h"', ""),
    ("services/customer/api/a.cc", "#include <pqxx/pqxx>", "api knows no pqxx"),
    ("services/customer/api/a.cc", 'Run("SELECT name FROM customer");', "SQL only in storage and common/{pg,events,saga}"),
    ("services/customer/api/a.cc", "// SELECT name FROM customer", ""),
    ("services/customer/storage/a.cc", 'Run("SELECT name FROM customer");', ""),
    ("services/customer/storage/a.h", "#include <grpcpp/server.h>", "no grpcpp in headers of api, domain and storage"),
    ("services/customer/api/a.cc", "#include <grpcpp/server.h>", ""),
    ("common/rpc/a.cc", '#include "services/customer/api/b.h"', "common knows no service"),
    ("common/rpc/a.h", '#include "clientele/customer/v1/b.pb.h"', "common knows no service's contract"),
    ("common/rpc/a.h", '#include "clientele/type/v1/rule.pb.h"', ""),
    ("services/customer/workflows/a.cc", "std::mutex mutex_;", "lock with clientele::Mutex"),
    ("services/customer/workflows/a.cc", "const absl::Time now = absl::Now();", "time is an injected clock"),
    ("tests/e2e/a_test.cc", "std::this_thread::sleep_for(1s);", "a test awaits a condition instead of sleeping"),
    ("services/customer/api/a.cc", "throw std::runtime_error(why);", "exceptions live in storage alone"),
]


def said_of(path: str, line: str) -> str:
    for rule in lint_layers.RULES:
        if re.search(rule.files, path) and not re.search(rule.unless, path):
            if re.search(rule.forbids, lint_layers.without_comment(line)):
                return rule.why
    return ""


class LayerLint(unittest.TestCase):
    def test_each_line(self):
        for path, line, expected in LINES:
            with self.subTest(path=path, line=line):
                self.assertEqual(said_of(path, line), expected)

    def test_services_know_each_other_by_client_only(self):
        line = '#include "services/invitation/domain/invitation.h"'
        self.assertIn("services/invitation", lint_layers.foreign_service("services/customer/api/a.cc", line))
        self.assertEqual(lint_layers.foreign_service("services/invitation/api/a.cc", line), "")

    def test_vague_names(self):
        for name in ("common/utils/x.cc", "common/pg/pg_helper.cc", "common/base/x.h", "common/rpc/connection_manager.h"):
            self.assertTrue(lint_layers.VAGUE_NAME.search(name), name)
        for name in ("common/rpc/database.h", "deploy/utility-meter.json"):
            self.assertFalse(lint_layers.VAGUE_NAME.search(name), name)


class ReadmeLint(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.contract = Contract()

    def said(self, body: str, method: str = "clientele.customer.v1.CustomerService/GetCustomer") -> str:
        return lint_readme.check_call(self.contract, f"grpcurl -d {body} 127.0.0.1:7411 {method}")

    def test_a_call_that_fits(self):
        self.assertEqual(self.said("""'{"name": "partners/'"$PARTNER"'/customers/'"$(cat id)"'"}'"""), "")

    def test_what_does_not_fit(self):
        self.assertIn("no field", self.said("""'{"nam": "x"}'"""))
        self.assertIn("no method", self.said("'{}'", "clientele.customer.v1.CustomerService/Nothing"))
        self.assertIn("shell", lint_readme.check_call(self.contract, "grpcurl -d '{"))

    def test_commands_are_found_with_their_line(self):
        text = "# x\n\n```sh\nls  # here\nbuf curl \\\n  -d '{\n}' a\n```\n<!-- not run: why -->\n```bash\nrm\n```\n"
        found = [(4, "ls  # here\n"), (5, "buf curl \\\n  -d '{\n}' a\n"), (11, "rm\n")]
        self.assertEqual(list(readme_blocks.commands(text)), found)
        self.assertEqual(list(readme_blocks.commands(text, run_only=True)), found[:2])


class DecodeStatus(unittest.TestCase):
    def decode(self, text: str):
        done = subprocess.run(
            [ROOT / "tools/decode-status"], input=text, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout

    def test_what_buf_curl_prints(self):
        info = Contract().message("google.rpc.ErrorInfo")(reason="DOMAIN_TAKEN", domain="clientele")
        value = base64.b64encode(info.SerializeToString()).decode().rstrip("=")
        error = {"code": "already_exists", "message": "taken", "details": [{"type": "google.rpc.ErrorInfo", "value": value}]}
        code, said = self.decode("noise { before\n" + json.dumps(error, indent=3))
        self.assertEqual(code, 0)
        self.assertEqual(json.loads(said)["details"][0]["reason"], "DOMAIN_TAKEN")

    def test_a_status(self):
        status = Contract().message("google.rpc.Status")(code=5, message="none")
        code, said = self.decode(base64.b64encode(status.SerializeToString()).decode())
        self.assertEqual((code, json.loads(said)["code"]), (0, "NOT_FOUND"))

    def test_neither(self):
        self.assertEqual(self.decode("hello")[0], 1)


if __name__ == "__main__":
    unittest.main()
