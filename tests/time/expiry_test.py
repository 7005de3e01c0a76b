"""What the clock does: reminders, expiry by clock and at read. A suite of its own, whose time this test moves."""

import pathlib
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from partner import INVITATIONS, Partner, acceptance, mailed_token, mails_to, suite  # noqa: E402
from suite import STATE, CallError, eventually, unique  # noqa: E402

DAY = 24 * 3600
OPEN, EXPIRED = 2, 7


class Clock:
    """The suite's domain time, ahead of real time."""

    def __init__(self):
        self.ahead = 0

    def forward(self, seconds: float) -> None:
        self.ahead += seconds
        unfinished = STATE / "clock_offset.unfinished"
        unfinished.write_text(f"{self.ahead}\n")
        unfinished.replace(STATE / "clock_offset")


clock = Clock()


class ExpiryTest(unittest.TestCase):
    def setUp(self):
        self.partner = Partner()
        self.address = f"admin@contoso-{unique()}.example"
        self.admin = suite.customer(str(uuid.uuid4()), self.address, "global_admin")

    def state(self, name):
        return self.partner.call(f"{INVITATIONS}/GetInvitation", {"name": name}).state

    def events(self, name) -> list:
        page = suite.call("event.v1.EventService/ListEvents", {"parent": self.partner.name, "page_size": 1000},
                          service="invitation", token=self.partner.token)  # fmt: skip
        return [event.type for event in page.events if event.subject == name]

    def test_an_invitation_is_reminded_of_and_then_expires(self):
        invitation = self.partner.invite(self.address)
        token = mailed_token(self.address)
        lives = invitation.expire_time.seconds - invitation.update_time.seconds
        self.assertEqual(round(lives / DAY), 30)

        clock.forward(28 * DAY)
        eventually(lambda: len(mails_to(self.address)) == 2)
        self.assertEqual(self.state(invitation.name), OPEN)

        clock.forward(2 * DAY + 60)
        # At read at once, whether or not the clock's own work came by.
        eventually(lambda: self.state(invitation.name) == EXPIRED, 2)
        with self.assertRaises(CallError) as caught:
            suite.call(f"{INVITATIONS}/AcceptInvitation", acceptance(token), token=self.admin)
        self.assertEqual((caught.exception.code, caught.exception.reason), ("FAILED_PRECONDITION", "INVITATION_EXPIRED"))
        eventually(lambda: "invitation.expired" in self.events(invitation.name))

        # Its place is free again.
        self.partner.invite(self.address)
        self.assertEqual(len(eventually(lambda: mails_to(self.address) if len(mails_to(self.address)) == 3 else None)), 3)


if __name__ == "__main__":
    unittest.main()
