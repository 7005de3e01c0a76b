"""Kill -9 around a mail: it is sent once, but where the mail server has taken it and nobody could write that down yet.

That one comes twice, for SMTP cannot tell, under the same Message-ID, and is counted once.
"""

import email
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from partner import INVITATIONS, key, mails_to  # noqa: E402
from stories import SENT, Story  # noqa: E402
from strikes import KILLED, StrikeTest  # noqa: E402
from suite import eventually  # noqa: E402


class Send(Story):
    """A draft is sent, and its mail comes."""

    coordinator = "invitation"

    def prepare(self):
        self.address = f"admin@contoso-{self.tag}.example"
        self.addresses.append(self.address)
        self.name = self.partner.call(f"{INVITATIONS}/CreateInvitation", {
            "parent": self.partner.name, "request_id": key(),
            "invitation": {"kind": "INVITATION_KIND_RESELLER", "target": {"email": self.address}},
        }).name  # fmt: skip

    def request(self):
        return f"{INVITATIONS}/SendInvitation", {"name": self.name}

    def ask(self, seconds: float = 60) -> None:
        super().ask(seconds)
        eventually(self.is_sent, 30)

    def is_sent(self) -> bool:
        self.outcome = self.partner.call(f"{INVITATIONS}/GetInvitation", {"name": self.name})
        return self.outcome.delivery.state == SENT


class KillMailTest(StrikeTest):
    def setUp(self):
        self.expected(Send, 1)
        self.gate, self.flag = self.cell.gate_to_mail()
        self.addCleanup(self.restart, "invitation")
        self.addCleanup(self.gate.close)

    def start(self, failpoints: str = "") -> Send:
        """A story whose mail finds a server that does not answer."""
        self.restart("invitation", self.flag, failpoints=failpoints)
        self.gate.hold = True
        return Send()

    def queued(self, story) -> list:
        """State, and whether a replica has it in hand."""
        id = story.name.rpartition("/")[2]
        return self.cell.postgres.sql(
            f"SELECT state, owner <> '' FROM invitation_mail WHERE invitation = '{id}'", "invitation")  # fmt: skip

    def await_attempt(self, story) -> None:
        eventually(lambda: self.queued(story) == [["1", "t"]] and self.gate.passed)

    def revive_mailer(self) -> None:
        """As if the lease that the dead one had on the mail had run out by time."""
        self.gate.close_links()
        self.gate.pass_all()
        self.cell["invitation"].start(self.flag)
        self.cell.postgres.sql("UPDATE invitation_mail SET lease_until = now() WHERE state = 1", "invitation")

    def check_mails(self, story, mails: int = 1) -> None:
        """The story ends as it does without a kill, with so many mails of one Message-ID; the next mail comes too."""
        story.ask()
        after = Send()
        after.ask()
        self.compare(after, self.expected(Send, 1))
        expected = self.expected(Send, 1)
        self.compare(story, {**expected, "mails": {address: mails for address in expected["mails"]}})
        self.assertEqual(len({email.message_from_string(each)["Message-ID"] for each in mails_to(story.address)}), 1)

    def test_killed_when_the_request_to_send_is_committed(self):
        story = Send()
        self.restart("invitation", self.flag, failpoints="pg.write.committed=crash")
        eventually(lambda: self.dies_of(self.cell["invitation"], story), 30)
        self.assertEqual(self.cell["invitation"].wait(), KILLED)
        self.revive_mailer()
        self.check_mails(story)

    def test_killed_while_the_mail_server_does_not_answer(self):
        story = self.start()
        self.assertEqual(story.call(), "OK")
        self.await_attempt(story)
        self.cell["invitation"].kill()
        self.assertEqual(mails_to(story.address), [])
        self.revive_mailer()
        self.check_mails(story)

    def test_killed_between_the_mail_servers_answer_and_the_commit(self):
        story = self.start()
        self.assertEqual(story.call(), "OK")
        self.await_attempt(story)
        with self.cell.postgres.session() as holder:
            self.addCleanup(holder.kill)
            id = story.name.rpartition("/")[2]
            holder.stdin.write(f"BEGIN; SELECT id FROM invitation.invitation WHERE id = '{id}' FOR UPDATE;\n")
            holder.stdin.flush()
            self.assertEqual(holder.stdout.readline().strip(), id)
            self.gate.pass_all()
            eventually(lambda: self.waiting_for_a_lock() == 1)
            self.cell["invitation"].kill()
            # A server process that outlives its client would still commit.
            self.cell.postgres.throw_out("invitation")
            eventually(lambda: self.waiting_for_a_lock() == 0)
            holder.stdin.write("ROLLBACK;\n")
            holder.stdin.close()
        self.assertEqual(len(mails_to(story.address)), 1)
        self.assertEqual(self.queued(story), [["1", "t"]])
        self.revive_mailer()
        eventually(lambda: len(mails_to(story.address)) == 2)
        self.check_mails(story, mails=2)

    def waiting_for_a_lock(self) -> int:
        return int(self.cell.postgres.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                                          "AND usename = 'invitation_service'")[0][0])  # fmt: skip

    def test_killed_when_it_is_written_down_that_the_mail_was_taken(self):
        story = self.start(failpoints="pg.write.committed=crash:3")  # the draft, the sending, the mail's end
        self.assertEqual(story.call(), "OK")
        self.await_attempt(story)
        self.gate.pass_all()
        self.assertEqual(self.cell["invitation"].wait(), KILLED)
        self.assertEqual(self.queued(story), [["2", "f"]])
        self.revive_mailer()
        self.check_mails(story)


if __name__ == "__main__":
    unittest.main()
