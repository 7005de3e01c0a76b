"""One organisation that several want at once, by creation, import and acceptance, at two replicas of each service.

Whatever the order: an organisation has one id, a new one goes to one partner, whoever is refused has nothing of it, and
an account that another partner is just about to get is waited for, neither taken twice nor refused too early.
"""

import concurrent.futures
import pathlib
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from partner import CUSTOMERS, INVITATIONS, RELATIONSHIPS, Partner, acceptance, key, relationship_of  # noqa: E402
from schedule import ROUNDS, RaceTest, ask, by, new_request  # noqa: E402
from suite import CallError, eventually, split, unique  # noqa: E402

CREATED, PRESENT, REFUSED = 1, 2, 3
# Everybody has looked for the keys of an organisation, and waits to take them.
KEYS = ("customer", "LOCK TABLE organization_domain, organization_tenant IN SHARE MODE")
# Whether a relationship may stand is not answered yet.
PARTNERS_HELD = ("relationship", "LOCK TABLE partner IN ACCESS EXCLUSIVE MODE")


def domain_name() -> str:
    return f"contoso-{unique()}.example"


def row(domain: str, tenant: str = "") -> dict:
    return {"tenant_id": tenant or str(uuid.uuid4()), "company_name": "Contoso Import", "primary_domain": domain,
            "relationship": "Reseller"}  # fmt: skip


def create(partner, domain: str):
    return by(partner, f"{CUSTOMERS}/CreateCustomer", new_request(partner, primary_domain=domain))


class AccountRaceTest(RaceTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.at = cls.schedule.places[0]

    def importer(self, *partners) -> tuple:
        """A source of its own that speaks for the partners: its name and its token."""
        source = "portal-" + unique()
        self.at.call("customer.v1.ImportSourceService/CreateImportSource", {
            "import_source_id": source, "import_source": {"portal": "Office 365", "principal": f"app:{source}",
                                                          "partners": [partner.name for partner in partners]},
        }, token=self.at.operator(), consistency=partners[-1].seen)  # fmt: skip
        return f"importSources/{source}", self.at.application(source)

    def bring(self, partner, *rows):
        source, token = self.importer(partner)
        return ask(f"{CUSTOMERS}/BatchImportCustomers", {"parent": partner.name, "source": source, "rows": [*rows],
                   "request_id": key()}, token=token, consistency=partner.seen)  # fmt: skip

    def results(self, outcome) -> list:
        """Of each row: its result, or why it was refused."""
        self.assertNotIsInstance(outcome, CallError)
        return [self.at.contract.status(one.error.SerializeToString())["details"][0]["reason"]
                if one.result == REFUSED else one.result for one in outcome.outcomes]  # fmt: skip

    def one_gets_it(self, partners: list, outcomes: list) -> str:
        """The one customer that all the partners together have: that of the one that was answered so."""
        for partner, outcome in zip(partners, outcomes):
            partner.seen = getattr(outcome, "consistency", "") or partner.seen
        self.cell.settle()
        lists = [self.customers(partner) for partner in partners]
        self.assertEqual(sorted(map(len, lists)), [0] * (len(partners) - 1) + [1], lists)
        for partner, names in zip(partners, lists):
            types = self.types(partner, "customer")
            self.assertEqual(types.count("customer.created") + types.count("customer.imported"), len(names))
        return next(name for names in lists for name in names)

    def ended(self, domain: str, tenant: str = "") -> str:
        """The id of an organisation that no partner has any more."""
        partner = Partner()
        made = (self.bring(partner, row(domain, tenant))(self.at).outcomes[0].customer if tenant
                else create(partner, domain)(self.at).name)  # fmt: skip
        partner.call(f"{RELATIONSHIPS}/TerminateCustomerRelationship", {"name": relationship_of(made)})
        return made.rpartition("/")[2]

    def unsigned(self) -> Partner:
        """A partner that no customer can be made for."""
        return Partner(agreement="AGREEMENT_STATE_PENDING")

    def test_one_domain_goes_to_one_creator(self):
        for number in range(ROUNDS):
            partners, domain = [Partner() for _ in range(3)], domain_name()
            outcomes = self.race(*[create(partner, domain) for partner in partners], hold=KEYS if number % 2 else ())
            won, lost = split(outcomes)
            self.assertEqual(len(won), 1)
            self.assertEqual({(error.code, error.reason) for error in lost}, {("ALREADY_EXISTS", "DOMAIN_TAKEN")})
            self.assertEqual(self.one_gets_it(partners, outcomes), won[0].name)

    def test_creation_beside_an_acceptance_of_the_same_domain(self):
        for number in range(2 * ROUNDS):
            creator, inviter, domain = Partner() if number % 3 else self.unsigned(), Partner(), domain_name()
            token = inviter.invite(f"ann@{domain}").accept_uri.rpartition("token=")[2]
            admin = self.at.customer(str(uuid.uuid4()), f"ann@{domain}", "global_admin")
            accept = ask(f"{INVITATIONS}/AcceptInvitation", acceptance(token), token=admin)
            created, accepted = self.race(create(creator, domain), accept, hold=KEYS if number % 2 else ())
            self.assertNotIsInstance(accepted, CallError)
            inviter.seen = accepted.consistency
            customers = self.customers(inviter)
            self.assertEqual(list(map(relationship_of, customers)), [accepted.customer_relationship])
            got = self.schedule.everywhere(f"{CUSTOMERS}/GetCustomer", {"name": customers[0]}, token=inviter.token)
            self.assertIn(domain, [got.primary_domain, *got.custom_domains])
            if isinstance(created, CallError):
                self.assertIn(created.reason, ("DOMAIN_TAKEN",) if number % 3 else ("DOMAIN_TAKEN", "MPA_NOT_SIGNED"))
                self.assertEqual(self.customers(creator), [])
            else:
                self.assertEqual(self.customers(creator), [created.name])
                self.assertEqual(created.name.rpartition("/")[2], customers[0].rpartition("/")[2])
            late = create(Partner(), domain)
            self.assertEqual(self.race(late)[0].reason, "DOMAIN_TAKEN")

    def test_an_unknown_organisation_is_imported_by_one_partner(self):
        for number in range(ROUNDS):
            partners, domain, tenant = [Partner(), Partner()], domain_name(), str(uuid.uuid4())
            rows = [row(domain, tenant)] * 2
            outcomes = self.race(*[self.bring(partner, one) for partner, one in zip(partners, rows)],
                                 hold=KEYS if number % 2 else ())  # fmt: skip
            self.assertEqual(sorted(map(self.results, outcomes), key=str), [["INVITATION_REQUIRED"], [CREATED]])
            self.one_gets_it(partners, outcomes)

    def test_an_organisation_that_nobody_has_any_more_is_imported_by_one_partner(self):
        for number in range(2 * ROUNDS):
            partners, domain, tenant = [Partner(), Partner()], domain_name(), str(uuid.uuid4())
            organization = self.ended(domain, tenant if number % 4 < 2 else "")
            row_of = ("customer", f"SELECT FROM organization WHERE id = '{organization}' FOR UPDATE")
            outcomes = self.race(*[self.bring(partner, row(domain, tenant)) for partner in partners],
                                 hold=row_of if number % 2 else ())  # fmt: skip
            self.assertEqual(sorted(map(self.results, outcomes), key=str), [["INVITATION_REQUIRED"], [CREATED]])
            self.assertEqual(self.one_gets_it(partners, outcomes).rpartition("/")[2], organization)

    def test_one_partners_two_sources_bring_a_customer_once(self):
        for number in range(ROUNDS):
            partner, domain, tenant = Partner(), domain_name(), str(uuid.uuid4())
            rows = [row(domain, tenant), row(domain_name())]
            outcomes = self.race(self.bring(partner, *rows), self.bring(partner, *rows[::-1]),
                                 hold=KEYS if number % 2 else ())  # fmt: skip
            first, second = self.results(outcomes[0]), self.results(outcomes[1])[::-1]
            self.assertEqual([sorted(pair) for pair in zip(first, second)], [[CREATED, PRESENT]] * 2)
            partner.seen = outcomes[0].consistency
            self.assertEqual(len(self.customers(partner)), 2)

    def test_import_beside_creation(self):
        for number in range(ROUNDS):
            partners, domain = [Partner(), Partner()], domain_name()
            outcomes = self.race(create(partners[0], domain), self.bring(partners[1], row(domain)),
                                 hold=KEYS if number % 2 else ())  # fmt: skip
            if isinstance(outcomes[0], CallError):
                self.assertEqual(outcomes[0].reason, "DOMAIN_TAKEN")
                self.assertEqual(self.results(outcomes[1]), [CREATED])
            else:
                self.assertEqual(self.results(outcomes[1]), ["INVITATION_REQUIRED"])
            self.one_gets_it(partners, outcomes)

    def test_an_import_waits_for_an_account_in_the_making_elsewhere(self):
        for _ in range(max(1, ROUNDS // 3)):
            for other in (Partner(), self.unsigned()):
                partner, domain = Partner(), domain_name()
                bring = self.bring(partner, row(domain))
                with self.schedule.holding(*PARTNERS_HELD) as holder:
                    (creating,) = self.schedule.begin(create(other, domain))
                    eventually(holder.waiting, 8)
                    (importing,) = self.schedule.begin(bring)
                    with self.assertRaises(concurrent.futures.TimeoutError):
                        importing.result(0.7)
                    holder.commit()
                outcomes = [creating.result(20), importing.result(20)]
                if isinstance(outcomes[0], CallError):
                    self.assertEqual(outcomes[0].reason, "MPA_NOT_SIGNED")
                    self.assertEqual(self.results(outcomes[1]), [CREATED])
                else:
                    self.assertEqual(self.results(outcomes[1]), ["INVITATION_REQUIRED"])
                self.one_gets_it([other, partner], outcomes)


if __name__ == "__main__":
    unittest.main()
