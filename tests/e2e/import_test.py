"""A portal's list: row by row, safe to repeat, and nobody's customer taken."""

import datetime
import pathlib
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from partner import CUSTOMERS, RELATIONSHIPS, Partner, key, relationship_of, suite  # noqa: E402
from suite import CallError, new_customer, unique  # noqa: E402

CREATED, PRESENT, REFUSED = 1, 2, 3


def row(**changes) -> dict:
    name = unique()
    made = {"tenant_id": str(uuid.uuid4()), "company_name": f"Contoso {name}",
            "primary_domain": f"contoso-{name}.example", "relationship": "Reseller"}  # fmt: skip
    return {**made, **changes}


class Source:
    """An import source that speaks for a partner."""

    def __init__(self, *partners):
        self.id = "portal-" + unique()
        self.token = suite.application(self.id)
        suite.call("customer.v1.ImportSourceService/CreateImportSource", {
            "import_source_id": self.id,
            "import_source": {"portal": "Office 365", "principal": f"app:{self.id}",
                              "partners": [partner.name for partner in partners]},
        }, token=suite.operator(), consistency=partners[-1].seen)  # fmt: skip
        self.name = f"importSources/{self.id}"

    def bring(self, partner, rows, **how):
        fields = {"parent": partner.name, "source": self.name, "rows": rows, **how}
        return suite.call(f"{CUSTOMERS}/BatchImportCustomers", fields, token=self.token, consistency=partner.seen)


def results(answer) -> list:
    return [outcome.result for outcome in answer.outcomes]


def reasons(answer) -> list:
    return [suite.contract.status(outcome.error.SerializeToString())["details"][0]["reason"]
            for outcome in answer.outcomes if outcome.result == REFUSED]  # fmt: skip


class ImportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.partner = Partner()
        cls.source = Source(cls.partner)

    def test_a_list_is_there_afterwards_and_a_repeat_changes_nothing(self):
        partner = Partner()
        source = Source(partner)
        rows = [row() for _ in range(500)]
        first = source.bring(partner, rows, request_id=key())
        self.assertEqual(results(first), [CREATED] * 500)
        partner.seen = first.consistency
        self.assertEqual(len(partner.list(page_size=1000).customers), 500)
        again = source.bring(partner, rows, request_id=key())
        self.assertEqual(results(again), [PRESENT] * 500)
        self.assertEqual([each.customer for each in again.outcomes], [each.customer for each in first.outcomes])
        one = partner.call(f"{CUSTOMERS}/GetCustomer", {"name": first.outcomes[7].customer})
        self.assertFalse(one.profile_complete)
        self.assertEqual(one.relationship.state, 1)

    def test_a_bad_row_never_fails_its_neighbours(self):
        good, twin = row(), row()
        rows = [good, row(tenant_id="nonsense"), row(primary_domain="com"), row(company_name=""),
                row(relationship="None"), twin, {**row(), "primary_domain": twin["primary_domain"]}, row()]  # fmt: skip
        answer = self.source.bring(self.partner, rows)
        self.assertEqual(results(answer), [CREATED, REFUSED, REFUSED, REFUSED, REFUSED, CREATED, REFUSED, CREATED])
        self.assertEqual(reasons(answer), ["INVALID_FIELD"] * 3 + ["RELATIONSHIP_KIND_NOT_IMPORTABLE", "DUPLICATE_ROW"])

    def test_validate_only_takes_nothing(self):
        rows = [row()]
        self.assertEqual(results(self.source.bring(self.partner, rows, validate_only=True)), [CREATED])
        self.assertEqual(results(self.source.bring(self.partner, rows)), [CREATED])

    def test_a_partners_own_list_only_finds_what_it_has(self):
        rows = [row(), row()]
        self.source.bring(self.partner, rows[:1])
        answer = suite.call(f"{CUSTOMERS}/BatchImportCustomers", {"parent": self.partner.name, "rows": rows},
                            token=self.partner.token)  # fmt: skip
        self.assertEqual(results(answer), [PRESENT, REFUSED])
        self.assertEqual(reasons(answer), ["INVITATION_REQUIRED"])

    def test_an_organisation_of_another_partner_is_invited(self):
        other = Partner()
        source = Source(other)
        rows = [row()]
        self.assertEqual(results(self.source.bring(self.partner, rows)), [CREATED])
        self.assertEqual(reasons(source.bring(other, rows)), ["INVITATION_REQUIRED"])

    def test_only_the_sources_principal_for_its_partners(self):
        stranger = Partner()
        for token, partner in ((suite.application("somebody"), self.partner), (self.source.token, stranger)):
            with self.assertRaises(CallError) as caught:
                suite.call(f"{CUSTOMERS}/BatchImportCustomers",
                           {"parent": partner.name, "source": self.source.name, "rows": [row()]}, token=token)  # fmt: skip
            self.assertEqual(caught.exception.reason, "NOT_IMPORT_SOURCE")

    def test_a_full_row_brings_the_whole_account(self):
        account = new_customer(external_id="crm-" + unique())
        account.pop("primary_domain")
        account.pop("company_name")
        bad = new_customer()
        bad["billing_profile"]["default_address"]["postal_code"] = "nonsense"
        answer = self.source.bring(self.partner, [row(customer=account), row(customer=bad)])
        self.assertEqual(results(answer), [CREATED, REFUSED])
        got = suite.call(f"{CUSTOMERS}/GetCustomer", {"name": answer.outcomes[0].customer}, token=self.partner.token)
        self.assertTrue(got.profile_complete)
        self.assertEqual(got.external_id, account["external_id"])

    def test_an_ended_relationship_comes_back_only_by_a_newer_list(self):
        rows = [row()]
        old = datetime.datetime.now(datetime.timezone.utc).isoformat()
        made = self.source.bring(self.partner, rows).outcomes[0].customer
        suite.call(f"{RELATIONSHIPS}/TerminateCustomerRelationship", {"name": relationship_of(made)},
                   token=self.partner.token)  # fmt: skip
        for how in ({}, {"list_time": old}):
            self.assertEqual(reasons(self.source.bring(self.partner, rows, **how)), ["RELATIONSHIP_ENDED"])
        new = datetime.datetime.now(datetime.timezone.utc).isoformat()
        again = self.source.bring(self.partner, rows, list_time=new)
        self.assertEqual(results(again), [CREATED])
        got = suite.call(f"{CUSTOMERS}/GetCustomer", {"name": made}, token=self.partner.token,
                         consistency=again.consistency)  # fmt: skip
        self.assertEqual((got.state, got.relationship.generation), (1, 2))


if __name__ == "__main__":
    unittest.main()
