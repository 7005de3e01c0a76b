"""Of those who create, import, change or end one customer at once, at two replicas, one has the effect and the others are
told so.

Whatever the order: an organisation has one account, both replicas tell the same of it, no relationship ends under a hold,
revisions are dense, and a request_id has one effect.
"""

import pathlib
import sys
import time
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from partner import CUSTOMERS, HOLDS, RELATIONSHIPS, Partner, key, relationship_of, suite  # noqa: E402
from schedule import ROUNDS, RaceTest, ask, by, new_request, reasons, split  # noqa: E402
from suite import CallError, eventually, new_customer, unique  # noqa: E402

CREATED, REFUSED = 1, 3
ACTIVE, TERMINATED = 1, 3
# Nobody adds to the table until all that want to have come; whoever reads is let through.
NO_NEW_DOMAIN = ("customer", "LOCK organization_domain IN SHARE MODE")
NO_NEW_TENANT = ("customer", "LOCK organization_tenant IN SHARE MODE")
NO_NEW_REQUEST = ("customer", "LOCK idempotency IN SHARE MODE")
NO_NEW_RELATIONSHIP = ("relationship", "LOCK customer_relationship IN SHARE MODE")


def uuid_of(name: str) -> str:
    return name.rpartition("/")[2]


def row(domain: str = "") -> dict:
    name = unique()
    return {"tenant_id": str(uuid.uuid4()), "company_name": f"Contoso {name}",
            "primary_domain": domain or f"contoso-{name}.example", "relationship": "Reseller"}  # fmt: skip


class Portal:
    """A partner with an import source of its own."""

    def __init__(self):
        self.partner, name = Partner(), "portal-" + unique()
        self.name, self.token = f"importSources/{name}", suite.application(name)
        self.partner.seen = suite.call("customer.v1.ImportSourceService/CreateImportSource", {
            "import_source_id": name, "import_source": {
                "portal": "Office 365", "principal": f"app:{name}", "partners": [self.partner.name]},
        }, token=suite.operator(), consistency=self.partner.seen).consistency or self.partner.seen  # fmt: skip

    def brings(self, *rows):
        fields = {"parent": self.partner.name, "source": self.name, "rows": list(rows), "request_id": key()}
        return ask(f"{CUSTOMERS}/BatchImportCustomers", fields, token=self.token, consistency=self.partner.seen)


def result(answer) -> tuple:
    """What became of an import's only row, and why."""
    outcome = answer.outcomes[0]
    if outcome.result != REFUSED:
        return outcome.result, ""
    return REFUSED, suite.contract.status(outcome.error.SerializeToString())["details"][0]["reason"]


class CustomerRaceTest(RaceTest):
    def assert_owner(self, partners: list, owner) -> None:
        """One of the partners has the one customer that all wanted, by every view; the others have nothing."""
        for partner in partners:
            count = 1 if partner is owner else 0
            self.assertEqual(len(self.customers(partner)), count)
            for service, event in (("customer", "customer.created"), ("relationship", "relationship.activated")):
                self.assertEqual(self.told(partner, service).count(event), count, event)

    def test_one_domain_goes_to_one_partner(self):
        for number in range(ROUNDS):
            partners, domain = [Partner() for _ in range(3)], f"contoso-{unique()}.example"
            creates = [by(each, f"{CUSTOMERS}/CreateCustomer", new_request(each, primary_domain=domain)) for each in partners]
            outcomes = self.race(*creates, hold=NO_NEW_DOMAIN if number % 2 else ())
            won, lost = split(outcomes)
            self.assertEqual((len(won), reasons(lost)), (1, {"DOMAIN_TAKEN"}), outcomes)
            owner = partners[outcomes.index(won[0])]
            owner.seen = won[0].consistency
            self.assert_owner(partners, owner)

    # Imports ---------------------------------------------------------------------------------------------------------

    def assert_one_imports(self, portals: list, outcomes: list) -> None:
        told = [result(outcome) for outcome in outcomes]
        self.assertEqual(sorted(told), [(CREATED, ""), (REFUSED, "INVITATION_REQUIRED")])
        winner = told.index((CREATED, ""))
        portals[winner].partner.seen = outcomes[winner].consistency
        self.assert_owner([portal.partner for portal in portals], portals[winner].partner)

    def test_of_two_imports_of_a_new_organisation_one_is_taken(self):
        for number in range(ROUNDS):
            portals, wanted = [Portal(), Portal()], row()
            outcomes = self.race(*[portal.brings(wanted) for portal in portals], hold=NO_NEW_TENANT if number % 2 else ())
            self.assert_one_imports(portals, outcomes)

    def test_of_two_imports_of_a_known_organisation_one_is_taken(self):
        for number in range(ROUNDS):
            portals, wanted, first = [Portal(), Portal()], row(), Portal()
            made = self.race(first.brings(wanted))[0].outcomes[0].customer
            suite.call(f"{RELATIONSHIPS}/TerminateCustomerRelationship", {"name": relationship_of(made)},
                       token=first.partner.token)  # fmt: skip
            organisation = f"SELECT FROM organization WHERE id = '{uuid_of(made)}' FOR UPDATE"
            outcomes = self.race(*[portal.brings(wanted) for portal in portals],
                                 hold=("customer", organisation) if number % 2 else ())  # fmt: skip
            self.assert_one_imports(portals, outcomes)

    def test_an_import_waits_for_an_account_in_the_making_elsewhere(self):
        for _ in range(ROUNDS):
            portals, wanted = [Portal(), Portal()], row()
            with self.schedule.holding(*NO_NEW_RELATIONSHIP) as holder:
                first = self.schedule.begin(portals[0].brings(wanted))[0]
                eventually(lambda holder=holder: holder.waiting() == 1, 8)
                second = self.schedule.begin(portals[1].brings(wanted))[0]
                time.sleep(self.schedule.random.uniform(0.2, 0.5))
                self.assertFalse(second.done())
                holder.commit()
                outcomes = [first.result(30), second.result(30)]
            self.assertEqual(result(outcomes[0]), (CREATED, ""))
            self.assert_one_imports(portals, outcomes)

    def test_import_against_create(self):
        for number in range(ROUNDS):
            portal, partner, domain = Portal(), Partner(), f"contoso-{unique()}.example"
            create = by(partner, f"{CUSTOMERS}/CreateCustomer", new_request(partner, primary_domain=domain))
            imported, created = self.race(portal.brings(row(domain)), create, hold=NO_NEW_DOMAIN if number % 2 else ())
            if isinstance(created, CallError):
                self.assertEqual((created.reason, result(imported)), ("DOMAIN_TAKEN", (CREATED, "")))
                portal.partner.seen = imported.consistency
                self.assert_owner([portal.partner, partner], portal.partner)
            else:
                self.assertEqual(result(imported), (REFUSED, "INVITATION_REQUIRED"))
                partner.seen = created.consistency
                self.assert_owner([portal.partner, partner], partner)

    # Changes and the end ---------------------------------------------------------------------------------------------

    def renames(self, partner, customer, count: int, **fields) -> list:
        return [by(partner, f"{CUSTOMERS}/UpdateCustomer", {
            "customer": {"name": customer.name, "company_name": f"Contoso {number}", **fields},
            "update_mask": "companyName", "request_id": key()}) for number in range(count)]  # fmt: skip

    def assert_renamed(self, partner, customer, won: list) -> None:
        last = max(won, key=lambda answer: answer.revision)
        partner.seen = last.consistency
        got = self.schedule.everywhere(f"{CUSTOMERS}/GetCustomer", {"name": customer.name}, token=partner.token,
                                       consistency=partner.seen)  # fmt: skip
        self.assertEqual((got.revision, got.company_name), (last.revision, last.company_name))
        self.assertEqual(self.told(partner, "customer", customer.name).count("customer.updated"), len(won))

    def test_updates(self):
        for number in range(ROUNDS):
            partner = Partner()
            customer = partner.create()
            held = ("customer", f"SELECT FROM customer WHERE id = '{uuid_of(customer.name)}' FOR UPDATE")
            won, lost = split(self.race(*self.renames(partner, customer, 4), hold=held if number % 2 else ()))
            self.assertEqual(lost, [])
            revisions = sorted(answer.revision for answer in won)
            self.assertEqual(revisions, list(range(customer.revision + 1, customer.revision + 5)))
            self.assert_renamed(partner, customer, won)

    def test_updates_with_one_etag(self):
        for number in range(ROUNDS):
            partner = Partner()
            customer = partner.create()
            held = ("customer", f"SELECT FROM customer WHERE id = '{uuid_of(customer.name)}' FOR UPDATE")
            calls = self.renames(partner, customer, 4, etag=customer.etag)
            won, lost = split(self.race(*calls, hold=held if number % 2 else ()))
            self.assertEqual((len(won), reasons(lost)), (1, {"ETAG_MISMATCH"}))
            self.assert_renamed(partner, customer, won)

    def test_no_relationship_ends_under_a_hold(self):
        for number in range(ROUNDS):
            partner = Partner()
            name = relationship_of(partner.create().name)
            hold = {"termination_hold": {"name": f"{name}/terminationHolds/h1", "kind": "HOLD_KIND_BILLING",
                                         "description": "Owes money."}, "request_id": key()}  # fmt: skip
            calls = [by(partner, f"{RELATIONSHIPS}/TerminateCustomerRelationship", {"name": name, "request_id": key()}),
                     ask(f"{HOLDS}/UpsertTerminationHold", hold, certificate="billing")]  # fmt: skip
            relationship = f"SELECT FROM customer_relationship WHERE customer = '{uuid_of(name)}' FOR UPDATE"
            ended, held = self.race(*calls, hold=("relationship", relationship) if number % 2 else ())
            stands = not isinstance(held, CallError)
            if stands:
                self.assertEqual(ended.reason, "TERMINATION_HOLDS")
            else:
                self.assertIn(held.reason, ("RELATIONSHIP_TERMINATING", "RELATIONSHIP_TERMINATED"))
                partner.seen = ended.consistency
            got = self.schedule.everywhere(f"{RELATIONSHIPS}/GetCustomerRelationship", {"name": name}, token=partner.token)
            holds = self.schedule.everywhere(f"{HOLDS}/ListTerminationHolds", {"parent": name}, token=partner.token)
            self.assertEqual((got.state, len(holds.termination_holds)), (ACTIVE, 1) if stands else (TERMINATED, 0))
            self.assertEqual(len(self.customers(partner)), 1 if stands else 0)
            self.assertEqual(self.told(partner, "relationship").count("hold.created"), 1 if stands else 0)

    # One request_id --------------------------------------------------------------------------------------------------

    def test_one_request_id_has_one_effect(self):
        for number in range(ROUNDS):
            partner = Partner()
            create = by(partner, f"{CUSTOMERS}/CreateCustomer", new_request(partner))
            answers, errors = split(self.race(*[create] * 4, hold=NO_NEW_REQUEST if number % 2 else ()))
            self.assertEqual((errors, len({answer.name for answer in answers})), ([], 1))
            partner.seen = answers[0].consistency
            self.assert_owner([partner], partner)

    def test_one_request_id_with_other_bodies_has_one_effect(self):
        for number in range(ROUNDS):
            partner, request_id = Partner(), key()
            creates = [by(partner, f"{CUSTOMERS}/CreateCustomer", {
                "parent": partner.name, "customer": new_customer(), "request_id": request_id}) for _ in range(4)]  # fmt: skip
            won, lost = split(self.race(*creates, hold=NO_NEW_REQUEST if number % 2 else ()))
            self.assertEqual((len(won), reasons(lost)), (1, {"REQUEST_ID_REUSED"}))
            partner.seen = won[0].consistency
            self.assert_owner([partner], partner)


if __name__ == "__main__":
    unittest.main()
