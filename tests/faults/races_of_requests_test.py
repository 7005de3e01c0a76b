"""Writes of one resource, and one request sent several times, at two replicas at once.

Whatever the order: of writes with one etag one happens, of those without each, and a request_id has one effect with one
answer, or none where its body differs.
"""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from partner import CUSTOMERS, HOLDS, INVITATIONS, RELATIONSHIPS, Partner, key, mails_to, relationship_of  # noqa: E402
from schedule import ROUNDS, RaceTest, ask, by, new_request, reasons  # noqa: E402
from suite import eventually, split, unique  # noqa: E402


def row_of(customer: str) -> tuple:
    """Everybody who has loaded the account waits to change it."""
    _, partner, _, number = customer.split("/")
    return "customer", f"SELECT FROM customer WHERE partner = '{partner}' AND id = '{number}' FOR UPDATE"


def update(partner, customer: str, name: str, **fields):
    account = {"name": customer, "company_name": name, **{k: v for k, v in fields.items() if k == "etag"}}
    return by(partner, f"{CUSTOMERS}/UpdateCustomer", {"customer": account, "update_mask": "companyName",
              "request_id": fields.get("request_id", key())})  # fmt: skip


class RequestRaceTest(RaceTest):
    def revisions(self, partner, customer: str) -> list:
        got = self.schedule.everywhere(f"{CUSTOMERS}/GetCustomer", {"name": customer}, token=partner.token)
        told = [event.revision for event in self.told(partner, "customer", customer)]
        self.assertEqual(told, list(range(1, got.revision + 1)))
        return told

    def test_of_updates_with_one_etag_one_happens(self):
        for number in range(ROUNDS):
            partner = Partner()
            made = partner.create()
            won, lost = split(self.race(*[update(partner, made.name, f"Contoso {n}", etag=made.etag) for n in range(4)],
                                        hold=row_of(made.name) if number % 2 else ()))  # fmt: skip
            self.assertEqual((len(won), reasons(lost)), (1, {"ETAG_MISMATCH"}))
            got = self.schedule.everywhere(f"{CUSTOMERS}/GetCustomer", {"name": made.name}, token=partner.token)
            self.assertEqual((got.company_name, got.etag), (won[0].company_name, won[0].etag))
            self.assertEqual(self.revisions(partner, made.name), [1, 2])

    def test_updates_without_an_etag_all_happen(self):
        for number in range(ROUNDS):
            partner = Partner()
            made = partner.create()
            won, lost = split(self.race(*[update(partner, made.name, f"Contoso {n}") for n in range(8)],
                                        hold=row_of(made.name) if number % 2 else (), waiting=4))  # fmt: skip
            self.assertEqual(lost, [])
            self.assertEqual(sorted(answer.revision for answer in won), list(range(2, 10)))
            got = self.schedule.everywhere(f"{CUSTOMERS}/GetCustomer", {"name": made.name}, token=partner.token)
            self.assertEqual(got.company_name, next(answer.company_name for answer in won if answer.revision == 9))
            self.assertEqual(self.revisions(partner, made.name), list(range(1, 10)))

    def requests(self, partner, customer: str, draft: str) -> list:
        """Of each kind of write: the event that tells of it, a request, and what makes another body of it."""
        hold = {"name": f"{relationship_of(customer)}/terminationHolds/h1", "kind": "HOLD_KIND_BILLING"}
        token, billing = {"token": partner.token, "consistency": partner.seen}, {"certificate": "billing"}
        create, other = new_request(partner), new_request(partner)
        return [
            ("customer", "customer.created", f"{CUSTOMERS}/CreateCustomer", create, {"customer": other["customer"]},
             token),
            ("customer", "customer.updated", f"{CUSTOMERS}/UpdateCustomer",
             {"customer": {"name": customer, "company_name": "Contoso A"}, "update_mask": "companyName"},
             {"customer": {"name": customer, "company_name": "Contoso B"}}, token),
            ("invitation", "invitation.cancelled", f"{INVITATIONS}/CancelInvitation", {"name": draft, "reason": "A"},
             {"reason": "B"}, token),
            ("relationship", "hold.created", f"{HOLDS}/UpsertTerminationHold",
             {"termination_hold": {**hold, "description": "A"}}, {"termination_hold": {**hold, "description": "B"}},
             billing),
            ("relationship", "hold.deleted", f"{HOLDS}/DeleteTerminationHold", {"name": hold["name"]}, None, billing),
            ("relationship", "relationship.terminating", f"{RELATIONSHIPS}/TerminateCustomerRelationship",
             {"name": relationship_of(customer), "reason": "A"}, {"reason": "B"}, token),
        ]  # fmt: skip

    def test_one_request_has_one_effect_and_another_body_none(self):
        for number in range(ROUNDS):
            partner = Partner()
            customer = partner.create().name
            draft = partner.invite(f"ann@contoso-{unique()}.example").name
            for service, event, path, fields, change, how in self.requests(partner, customer, draft):
                before = self.types(partner, service).count(event)
                fields = {**fields, "request_id": key()}
                same = [ask(path, fields, **how) for _ in range(4)]
                others = [ask(path, {**fields, **change}, **how)] if change and number % 2 else []
                outcomes = self.race(*same, *others)
                done, refused = split(outcomes)
                self.assertLessEqual(reasons(refused), {"REQUEST_ID_REUSED"}, path)
                self.assertIn(len(done), (len(same), len(others)) if others else (len(same),), path)
                answers = {answer.SerializeToString() for answer in done}
                self.assertEqual(len(answers), 1, path)
                self.assertEqual(self.types(partner, service).count(event), before + 1, path)
                if others:
                    late, _ = split(self.race(*same, *others))
                    repeated = {answer.SerializeToString() for answer in late}
                    self.assertEqual((len(late), repeated), (len(done), answers), path)
            self.cell.settle()

    def test_an_invitation_sent_several_times_leaves_once(self):
        for _ in range(ROUNDS):
            partner, address = Partner(), f"ann@contoso-{unique()}.example"
            create = {"parent": partner.name, "request_id": key(), "invitation": {
                "kind": "INVITATION_KIND_RESELLER", "target": {"email": address}}}  # fmt: skip
            calls = [by(partner, f"{INVITATIONS}/CreateInvitation", create)] * 4
            drafts, refused = split(self.race(*calls))
            self.assertEqual((len({draft.name for draft in drafts}), refused), (1, []))
            send = {"name": drafts[0].name, "request_id": key()}
            sent, refused = split(self.race(*[by(partner, f"{INVITATIONS}/SendInvitation", send) for _ in range(4)]))
            self.assertEqual(({answer.token_generation for answer in sent}, refused), ({1}, []))
            eventually(lambda address=address: mails_to(address))
            self.assertEqual(self.types(partner, "invitation").count("invitation.created"), 1)
            self.assertEqual(len(mails_to(address)), 1)


if __name__ == "__main__":
    unittest.main()
