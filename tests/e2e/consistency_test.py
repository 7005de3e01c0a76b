"""What a caller has seen in one service it sees in every other, and soon; what a copy begins with can be read."""

import pathlib
import re
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from partner import CUSTOMERS, INVITATIONS, RELATIONSHIPS, Partner, suite  # noqa: E402
from suite import CallError  # noqa: E402


class ConsistencyTest(unittest.TestCase):
    def test_what_was_seen_is_waited_for_no_longer_than_it_takes(self):
        partner = Partner()
        begun = time.monotonic()
        for _ in range(5):
            # A customer's relationship is news that invitation-service's copy of partners leaves out.
            partner.create()
            partner.call(f"{INVITATIONS}/ListInvitations", {"parent": partner.name})
        # Five long polls would take five seconds.
        self.assertLess(time.monotonic() - begun, 3)

    def test_what_cannot_come_says_so_in_time(self):
        partner = Partner()
        partner.create()
        # relationship=<epoch>:<transaction>:<sequence>, moved to where that feed never comes.
        never = re.sub(r"(relationship=[0-9a-f-]+):\d+:", r"\1:999999999999:", partner.seen)
        with self.assertRaises(CallError) as caught:
            suite.call(f"{CUSTOMERS}/ListCustomers", {"parent": partner.name}, token=partner.token, timeout=1,
                       consistency=never)  # fmt: skip
        self.assertEqual((caught.exception.code, caught.exception.reason), ("UNAVAILABLE", "CONSISTENCY_NOT_REACHED"))
        self.assertIn("RetryInfo", caught.exception.details)


class BootstrapTest(unittest.TestCase):
    def test_another_teams_service_reads_what_its_copy_begins_with(self):
        partner = Partner()
        made = partner.create()
        as_billing = {"certificate": "billing", "consistency": partner.seen}
        partners = suite.call("relationship.v1.PartnerService/ListPartners",
                              {"filter": 'display_name = "Fab*"', "order_by": "create_time desc", "page_size": 1000},
                              **as_billing)  # fmt: skip
        self.assertIn(partner.name, [each.name for each in partners.partners])
        customers = suite.call(f"{CUSTOMERS}/ListCustomers",
                               {"parent": partner.name, "view": "CUSTOMER_VIEW_FULL"}, **as_billing)  # fmt: skip
        self.assertEqual([each.name for each in customers.customers], [made.name])
        self.assertTrue(customers.customers[0].billing_profile.email, "which no event carries")
        suite.call(f"{RELATIONSHIPS}/ListCustomerRelationships", {"parent": partner.name}, **as_billing)
        with self.assertRaises(CallError) as caught:
            suite.call(f"{INVITATIONS}/ListInvitations", {"parent": partner.name}, **as_billing)
        self.assertEqual(caught.exception.code, "PERMISSION_DENIED")


if __name__ == "__main__":
    unittest.main()
