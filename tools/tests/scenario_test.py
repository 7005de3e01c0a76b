"""The scenario's commands: what is printed is what the shell runs, and it is JSON of the contract again."""

import collections
import json
import pathlib
import subprocess
import sys
import types
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools/lib"))
from contract import Contract  # noqa: E402
from scenario import feeds  # noqa: E402
from scenario.calls import FRESH_ID, FRESH_MPN, TODAY, Answer, Caller, Command, shell_body  # noqa: E402

METHOD = "clientele.customer.v1.CustomerService/GetCustomer"


def shell(word: str) -> str:
    done = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, text=True, timeout=30, check=True)
    return done.stdout


class Bodies(unittest.TestCase):
    def test_a_body_survives_the_shell(self):
        body = {"name": "O'Brien \"&\" $HOME `x` \\ ü", "nested": [{"a": 1}]}
        self.assertEqual(json.loads(shell(shell_body(body))), body)

    def test_marks_become_fresh_values(self):
        body = {"request_id": FRESH_ID, "mpn_id": FRESH_MPN, "date": TODAY, "domain": f"contoso-{FRESH_ID}.example"}
        first, second = (json.loads(shell(shell_body(body))) for _ in range(2))
        self.assertRegex(first["request_id"], "^[0-9a-f-]{36}$")
        self.assertRegex(first["mpn_id"], "^[0-9]{10}$")
        self.assertRegex(first["date"], r"^\d{4}-\d\d-\d\d$")
        self.assertRegex(first["domain"], r"^contoso-[0-9a-f-]{36}\.example$")
        self.assertNotEqual(first["request_id"], second["request_id"])


class Commands(unittest.TestCase):
    def test_both_forms(self):
        caller = Caller("Anna", token=".local/tokens/anna.jwt")
        command = Command(".local", "127.0.0.1:7411", caller, METHOD, {"name": "x"}, "a=1")
        for form in (command.buf(), command.grpcurl()):
            self.assertIn('-H "authorization: Bearer $(cat .local/tokens/anna.jwt)"', form)
        self.assertIn("""-H '"clientele-consistency: a=1"'""", command.buf())
        self.assertIn("-H 'clientele-consistency: a=1'", command.grpcurl())
        self.assertTrue(command.buf().endswith(f"https://127.0.0.1:7411/{METHOD}"))
        self.assertTrue(command.grpcurl().endswith(f"127.0.0.1:7411 {METHOD}"))

    def test_a_certificate_instead_of_a_token(self):
        command = Command(".local", "h:1", Caller("B", certificate=".local/tls/b"), METHOD, {}, "")
        self.assertIn("--cert .local/tls/b/tls.crt --key .local/tls/b/tls.key", command.buf())
        self.assertIn(" -cert .local/tls/b/tls.crt -key .local/tls/b/tls.key", command.grpcurl())
        self.assertNotIn("authorization", command.buf())


class Answers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.contract = Contract()

    def test_the_metadata_of_an_answer_is_read(self):
        said = "buf: < (#1) HTTP/2.0 200 OK\nbuf: < (#1) Clientele-Consistency: c=1\n"
        answer = Answer(types.SimpleNamespace(returncode=0, stdout='{"name": "n"}', stderr=said), self.contract)
        self.assertEqual((answer["name"], answer["absent"], answer.consistency), ("n", "", "c=1"))

    def test_an_error_is_read_with_its_reason(self):
        error = {
            "code": "invalid_argument",
            "message": "bad",
            "details": [{"type": "google.rpc.ErrorInfo", "value": "Cg1JTlZBTElEX0ZJRUxEEgljbGllbnRlbGUaCgoFdG90YWwSATE"}],
        }
        said = "buf: * Call complete\n" + json.dumps(error, indent=3)
        answer = Answer(types.SimpleNamespace(returncode=24, stdout="", stderr=said), self.contract)
        self.assertEqual((answer.error["code"], answer.error["reason"]), ("invalid_argument", "INVALID_FIELD"))

    def test_an_error_without_a_status_keeps_its_text(self):
        done = types.SimpleNamespace(returncode=1, stdout="", stderr="buf: * Dialing\nFailure: connection refused")
        self.assertIn("connection refused", Answer(done, self.contract).error["message"])


class Feeds(unittest.TestCase):
    """A feed is read to its end, also over pages that a filter left empty."""

    def events_of(self, pages: list) -> set:
        stage, told = mock.MagicMock(), []
        asked = []

        def answer(_caller, _method, body):
            asked.append(body.get("after_position", ""))
            return collections.defaultdict(str, pages[len(asked) - 1])

        stage.quiet.side_effect = answer
        stage.tell.side_effect = told.append
        feeds.follow(stage, mock.MagicMock(), "customer")
        self.assertEqual(asked, ["", *[page["position"] for page in pages[:-1]]])
        return told[0]

    def test_an_empty_page_is_not_the_end(self):
        event = [{"id": "1", "type": "customer.created"}]
        for last in ({"position": "c", "atEnd": True}, {"position": "b"}):
            told = self.events_of([{"position": "a"}, {"position": "b", "events": event}, last])
            self.assertEqual(told, "all of them: 1 customer.created")


if __name__ == "__main__":
    unittest.main()
