"""Of those who answer or change one invitation at once, at two replicas, one has the effect and the others are told so.

Whatever the order: the invitation has one end, both replicas tell the same of it, its events are a way through the
state machine, a relationship and an account stand exactly where it was accepted, and a mail's link is its generation's.
"""

import pathlib
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from partner import INVITATIONS, Partner, acceptance, key, mails_to, token_of  # noqa: E402
from schedule import ROUNDS, RaceTest, ask, by, reasons  # noqa: E402
from suite import CallError, eventually, split, unique  # noqa: E402

OPEN, ACCEPTED, DECLINED, CANCELLED, EXPIRED = 2, 4, 5, 6, 7
ENDS = {ACCEPTED: "accepted", DECLINED: "declined", CANCELLED: "cancelled", EXPIRED: "expired"}
# What may follow an event of an invitation. A mail on its way arrives at any time.
WAYS = {
    "created": {"sent", "cancelled"},
    "sent": {"sent", "accepting", "declined", "cancelled", "expired"},
    "accepting": {"accepted", "reopened"},
    "reopened": {"sent", "accepting", "declined", "cancelled", "expired"},
    **{end: set() for end in ENDS.values()},
}


def word(event) -> str:
    """What happened; that a mail has left is told by the same type as that it shall."""
    return "delivered" if [*event.changed_fields] == ["delivery"] else event.type.partition(".")[2]


class Invited:
    """An open invitation, and what its parties may ask for."""

    def __init__(self, schedule, **target):
        self.schedule, self.partner = schedule, Partner()
        self.domain = f"contoso-{unique()}.example"
        self.address = f"admin@{self.domain}"
        self.sent = self.send(self.draft(target or {"email": self.address}))
        self.name, self.token = self.sent.name, self.link(self.sent)

    def draft(self, target: dict):
        target = {kind: value.format(domain=self.domain) for kind, value in target.items()}
        return self.partner.call(f"{INVITATIONS}/CreateInvitation", {
            "parent": self.partner.name, "request_id": key(),
            "invitation": {"kind": "INVITATION_KIND_RESELLER", "target": target},
        })  # fmt: skip

    def send(self, draft):
        return self.partner.call(f"{INVITATIONS}/SendInvitation", {"name": draft.name, "request_id": key()})

    def link(self, invitation) -> str:
        return invitation.accept_uri.rpartition("token=")[2]

    def admin(self) -> str:
        """The administrator of a directory of its own, in the invited domain."""
        return self.schedule.places[0].customer(str(uuid.uuid4()), self.address, "global_admin")

    def accept(self, admin: str, token: str = ""):
        return ask(f"{INVITATIONS}/AcceptInvitation", acceptance(token or self.token), token=admin)

    def decline(self, admin: str):
        return ask(f"{INVITATIONS}/DeclineInvitation", {"token": self.token, "request_id": key()}, token=admin)

    def cancel(self):
        return by(self.partner, f"{INVITATIONS}/CancelInvitation", {"name": self.name, "request_id": key()})

    def resend(self):
        return by(self.partner, f"{INVITATIONS}/ResendInvitation", {"name": self.name, "request_id": key()})

    def row(self) -> tuple:
        """Everybody who has loaded the invitation waits to change it."""
        return "invitation", f"SELECT FROM invitation WHERE id = '{self.name.rpartition('/')[2]}' FOR UPDATE"


class InvitationRaceTest(RaceTest):
    def check(self, invited: Invited, outcomes=()) -> int:
        """The invitation's state, told the same by every view."""
        partner, how = invited.partner, {"token": invited.partner.token}
        for outcome in split(list(outcomes))[0]:
            partner.seen = outcome.consistency or partner.seen
        got = self.schedule.everywhere(f"{INVITATIONS}/GetInvitation", {"name": invited.name}, **how)
        listed = self.schedule.everywhere(f"{INVITATIONS}/ListInvitations", {"parent": partner.name}, **how)
        self.assertEqual([one.state for one in listed.invitations if one.name == invited.name], [got.state])
        way = [word(event) for event in self.told(partner, "invitation", invited.name) if word(event) != "delivered"]
        for before, after in zip(way, way[1:]):
            self.assertIn(after, WAYS[before], way)
        self.assertEqual(way[-1] if got.state in ENDS else OPEN, ENDS.get(got.state, OPEN), way)
        customers = self.customers(partner)
        accepted = [one.accepted_relationship for one in listed.invitations if one.state == ACCEPTED]
        self.assertEqual(customers, [each.replace("/customerRelationships/", "/customers/") for each in accepted])
        for service, event in (("relationship", "relationship.activated"), ("customer", "customer.created")):
            self.assertEqual(self.types(partner, service).count(event), len(accepted), service)
        return got.state

    def one_of(self, invited: Invited, *calls, held: bool) -> list:
        """Races the calls; exactly one has its effect. Answers the outcomes."""
        outcomes = self.race(*calls, hold=invited.row() if held else ())
        self.assertEqual(len(split(outcomes)[0]), 1, outcomes)
        return outcomes

    def test_of_accepts_one_makes_the_relationship(self):
        for number in range(ROUNDS):
            invited = Invited(self.schedule)
            admin = invited.admin()
            outcomes = self.one_of(invited, *[invited.accept(admin) for _ in range(4)], held=number % 2)
            self.assertLessEqual(reasons(split(outcomes)[1]), {"INVITATION_BEING_ACCEPTED", "INVITATION_USED"})
            self.assertEqual(self.check(invited, outcomes), ACCEPTED)

    def test_of_two_organisations_one_becomes_the_customer(self):
        for number in range(ROUNDS):
            invited = Invited(self.schedule, domain="{domain}")
            admins = [invited.admin(), invited.admin()]
            outcomes = self.one_of(invited, *map(invited.accept, admins), held=number % 2)
            self.assertEqual(self.check(invited, outcomes), ACCEPTED)
            relationship = split(outcomes)[0][0].customer_relationship
            get = "relationship.v1.RelationshipService/GetCustomerRelationship"
            for admin, outcome in zip(admins, outcomes):
                if not isinstance(outcome, CallError):
                    self.assertEqual(self.schedule.everywhere(get, {"name": relationship}, token=admin).state, 1)

    def test_accept_against_cancel_and_decline(self):
        for number in range(ROUNDS):
            for against in ("cancel", "decline"):
                invited = Invited(self.schedule)
                admin = invited.admin()
                other = invited.cancel() if against == "cancel" else invited.decline(admin)
                accepted, closed = outcomes = self.one_of(invited, invited.accept(admin), other, held=number % 2)
                if isinstance(accepted, CallError):
                    self.assertEqual(accepted.reason, "INVITATION_USED")
                    self.assertEqual(self.check(invited, outcomes), CANCELLED if against == "cancel" else DECLINED)
                else:
                    self.assertIn(closed.reason, ("INVITATION_BEING_ACCEPTED", "INVITATION_USED",
                                                  "INVALID_STATE_TRANSITION"))  # fmt: skip
                    self.assertEqual(self.check(invited, outcomes), ACCEPTED)

    def test_accept_against_resend(self):
        for number in range(ROUNDS):
            invited = Invited(self.schedule)
            eventually(lambda invited=invited: mails_to(invited.address))
            admin = invited.admin()
            accepted, resent = outcomes = self.one_of(invited, invited.accept(admin), invited.resend(), held=number % 2)
            links = {invited.token}
            if isinstance(accepted, CallError):
                self.assertEqual(accepted.reason, "INVITATION_REPLACED")
                self.assertEqual(resent.token_generation, 2)
                self.assertEqual(self.check(invited, outcomes), OPEN)
                links.add(invited.link(resent))
                outcomes = self.race(invited.accept(admin, invited.link(resent)))
            eventually(lambda invited=invited, links=links: {*map(token_of, mails_to(invited.address))} == links)
            self.assertEqual(len(mails_to(invited.address)), len(links))
            self.assertEqual(self.check(invited, outcomes), ACCEPTED)

    def test_accept_against_its_time(self):
        for _ in range(ROUNDS):
            invited = Invited(self.schedule)
            left = self.schedule.random.uniform(0, 0.06)
            self.cell.postgres.sql(f"UPDATE invitation SET expire_time = now() + interval '{left:.6f} s' "
                                   f"WHERE id = '{invited.name.rpartition('/')[2]}'", "invitation")  # fmt: skip
            admin = invited.admin()
            outcomes = self.race(*[invited.accept(admin) for _ in range(2)], invited.resend())
            accepted = split(outcomes[:2])[0]
            self.assertLessEqual(len(accepted), 1)
            if accepted:
                self.assertEqual(self.check(invited, outcomes), ACCEPTED)
            elif not isinstance(outcomes[2], CallError):
                self.assertEqual(self.check(invited, outcomes), OPEN)
            else:
                self.assertEqual(reasons(outcomes[:2]), {"INVITATION_EXPIRED"})
                eventually(lambda invited=invited: "invitation.expired" in self.types(invited.partner, "invitation"))
                self.assertEqual(self.check(invited, outcomes), EXPIRED)
                invited.send(invited.draft({"email": invited.address}))

    def test_everything_at_once(self):
        for number in range(ROUNDS):
            invited = Invited(self.schedule)
            admin = invited.admin()
            calls = [invited.accept(admin), invited.accept(admin), invited.decline(admin), invited.cancel(),
                     invited.resend()]  # fmt: skip
            hold = invited.row() if number % 2 else ()
            outcomes = self.race(*calls, hold=hold, waiting=4)
            ends = [not isinstance(outcome, CallError) for outcome in outcomes[:4]]
            self.assertLessEqual(sum(ends), 1, outcomes)
            state = self.check(invited, outcomes)
            if not any(ends):
                self.assertEqual((state, outcomes[4].token_generation), (OPEN, 2))
            else:
                self.assertEqual(state, [ACCEPTED, ACCEPTED, DECLINED, CANCELLED][ends.index(True)])

    def test_of_twins_one_is_sent(self):
        for number in range(ROUNDS):
            partner, address = Partner(), f"admin@contoso-{unique()}.example"
            drafts = [partner.call(f"{INVITATIONS}/CreateInvitation", {"parent": partner.name,
                "invitation": {"kind": "INVITATION_KIND_RESELLER", "target": {"email": address}}}).name
                for _ in range(3)]  # fmt: skip
            sends = [by(partner, f"{INVITATIONS}/SendInvitation", {"name": name, "request_id": key()})
                     for name in drafts]  # fmt: skip
            ids = ", ".join(f"'{name.rpartition('/')[2]}'" for name in drafts)
            hold = ("invitation", f"SELECT FROM invitation WHERE id IN ({ids}) FOR UPDATE") if number % 2 else ()
            sent, refused = split(self.race(*sends, hold=hold))
            self.assertEqual((len(sent), reasons(refused)), (1, {"DUPLICATE_INVITATION"}))
            for error in refused:
                self.assertEqual(error.details["ResourceInfo"]["resource_name"], sent[0].name)
            listed = self.schedule.everywhere(f"{INVITATIONS}/ListInvitations", {"parent": partner.name},
                                              token=partner.token)  # fmt: skip
            self.assertEqual(sorted(one.state for one in listed.invitations), [1, 1, OPEN])
            self.assertEqual(len(eventually(lambda address=address: mails_to(address))), 1)
            self.assertEqual(list(map(word, self.told(partner, "invitation"))).count("sent"), 1)


if __name__ == "__main__":
    unittest.main()
