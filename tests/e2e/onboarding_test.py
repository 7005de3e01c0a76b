"""The ways of a partner's customers, through the three services, as callers see them."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from partner import CUSTOMERS, RELATIONSHIPS, Partner, key, relationship_of, suite  # noqa: E402
from suite import CallError, eventually, new_customer  # noqa: E402


class CreateTest(unittest.TestCase):
    def test_a_created_customer_is_in_the_list_at_once(self):
        partner = Partner()
        made = partner.create()
        self.assertEqual(made.relationship.generation, 1)
        self.assertTrue(made.profile_complete)
        self.assertEqual([each.name for each in partner.list().customers], [made.name])
        got = partner.call(f"{CUSTOMERS}/GetCustomer", {"name": made.name})
        self.assertEqual(got.message, made.message)
        relationship = partner.call(f"{RELATIONSHIPS}/GetCustomerRelationship", {"name": relationship_of(made.name)})
        self.assertEqual(relationship.generation, 1)

    def test_a_request_repeated_has_one_effect_and_one_answer(self):
        partner = Partner()
        request = {"parent": partner.name, "customer": new_customer(), "request_id": key()}
        first = partner.call(f"{CUSTOMERS}/CreateCustomer", request)
        again = partner.call(f"{CUSTOMERS}/CreateCustomer", request)
        self.assertEqual(first.name, again.name)
        self.assertEqual(len(partner.list().customers), 1)
        request["customer"]["company_name"] = "Another name"
        self.assertEqual(partner.refused(f"{CUSTOMERS}/CreateCustomer", request).reason, "REQUEST_ID_REUSED")

    def test_a_refusal_reaches_the_caller_and_releases_the_domain(self):
        customer = new_customer()
        for how, reason in (({"agreement": "AGREEMENT_STATE_PENDING"}, "MPA_NOT_SIGNED"), ({"country": "DE"}, "REGION_MISMATCH")):
            with self.subTest(reason=reason):
                partner = Partner(**how)
                refused = partner.refused(f"{CUSTOMERS}/CreateCustomer", {"parent": partner.name, "customer": customer, "request_id": key()})
                self.assertEqual((refused.code, refused.reason), ("FAILED_PRECONDITION", reason))
                self.assertEqual(len(partner.list(show_ended=True).customers), 0)
        reseller = Partner(kinds=("PARTNER_KIND_INDIRECT_RESELLER",))
        refused = reseller.refused(f"{CUSTOMERS}/CreateCustomer", {"parent": reseller.name, "customer": customer})
        self.assertEqual((refused.code, refused.reason), ("PERMISSION_DENIED", "RESELLER_CANNOT_CREATE_CUSTOMER"))
        good = Partner()
        good.call(f"{CUSTOMERS}/CreateCustomer", {"parent": good.name, "customer": customer})

    def test_a_taken_domain_says_what_to_do(self):
        first, second = Partner(), Partner()
        domain = first.create().primary_domain
        for partner, availability in ((first, 2), (second, 3)):
            answer = partner.call(f"{CUSTOMERS}/CheckDomainAvailability", {"parent": partner.name, "domain": domain.upper()})
            self.assertEqual(answer.availability, availability)
            refused = partner.refused(f"{CUSTOMERS}/CreateCustomer",
                                      {"parent": partner.name, "customer": new_customer(primary_domain=domain)})  # fmt: skip
            self.assertEqual((refused.code, refused.reason), ("ALREADY_EXISTS", "DOMAIN_TAKEN"))
            self.assertIn("ResourceInfo", refused.details)

    def test_every_violation_of_the_country_comes_back_at_once(self):
        partner = Partner()
        customer = new_customer()
        place = customer["billing_profile"]["default_address"]
        place.update(state="XX", postal_code="nonsense", phone_number="12")
        customer["organization_registration_number"] = "123"
        customer["billing_profile"]["culture"] = "xx-YY"
        request = {"parent": partner.name, "customer": customer}
        refused = partner.refused(f"{CUSTOMERS}/CreateCustomer", request)
        prefix = "customer.billing_profile."
        of_the_country = ["customer.organization_registration_number", prefix + "default_address.state",
                          prefix + "default_address.postal_code", prefix + "default_address.phone_number"]  # fmt: skip
        for field in of_the_country:
            self.assertIn(field, refused.fields)
        # With those that break a rule of the contract, each field once.
        request["request_id"] = "not a uuid"
        customer["billing_profile"]["email"] = "nobody"
        customer["company_name"] = ""
        refused = partner.refused(f"{CUSTOMERS}/CreateCustomer", request)
        for field in [*of_the_country, "request_id", prefix + "email", "customer.company_name"]:
            self.assertEqual(refused.fields.count(field), 1, field)
        self.assertEqual(refused.metadata["total"], str(len(refused.fields)))

    def test_an_update_and_a_partner_are_told_everything_at_once_too(self):
        partner = Partner()
        made = partner.create()
        place = {**new_customer()["billing_profile"]["default_address"], "postal_code": "nonsense"}
        refused = partner.refused(f"{CUSTOMERS}/UpdateCustomer", {
            "customer": {"name": made.name, "external_id": "a b", "billing_profile": {
                **new_customer()["billing_profile"], "email": "nobody", "default_address": place}},
            "update_mask": "externalId,billingProfile",
        })  # fmt: skip
        prefix = "customer.billing_profile."
        self.assertEqual(set(refused.fields), {"customer.external_id", prefix + "email",
                                               prefix + "default_address.postal_code"})  # fmt: skip
        refused = partner.refused(f"{CUSTOMERS}/UpdateCustomer", {
            "customer": {"name": made.name, "external_id": "a b"}, "update_mask": "externalId,primaryDomain",
        })  # fmt: skip
        self.assertEqual(set(refused.fields), {"customer.external_id", "customer.primary_domain", "update_mask"})
        with self.assertRaises(CallError) as caught:
            suite.call("relationship.v1.PartnerService/CreatePartner",
                       {"partner": {"mpn_id": "letters", "country": "UK"}}, token=suite.operator())  # fmt: skip
        self.assertEqual(set(caught.exception.fields), {"partner.display_name", "partner.mpn_id", "partner.country",
                                                        "partner.kinds", "partner.agreement_state"})  # fmt: skip

    def test_validate_only_changes_nothing(self):
        partner = Partner()
        partner.call(f"{CUSTOMERS}/CreateCustomer",
                     {"parent": partner.name, "customer": new_customer(), "validate_only": True})  # fmt: skip
        self.assertEqual(len(partner.list().customers), 0)


class UpdateTest(unittest.TestCase):
    def setUp(self):
        self.partner = Partner()
        self.customer = self.partner.create(external_id="crm-1", labels={"tier": "gold"})

    def update(self, mask, etag="", **changes):
        return self.partner.call(f"{CUSTOMERS}/UpdateCustomer", {
            "customer": {"name": self.customer.name, "etag": etag, **changes}, "update_mask": mask,
        })  # fmt: skip

    def test_only_what_the_mask_names_changes(self):
        changed = self.update("companyName,billingProfile.purchaseOrder", company_name="Contoso Neu",
                              billing_profile={"purchase_order": "PO-7", "email": "ignored@contoso.example"})  # fmt: skip
        self.assertEqual(changed.company_name, "Contoso Neu")
        self.assertEqual(changed.billing_profile.purchase_order, "PO-7")
        self.assertEqual(changed.billing_profile.email, self.customer.billing_profile.email)
        self.assertEqual(changed.external_id, "crm-1")
        self.assertEqual(changed.revision, self.customer.revision + 1)
        self.assertNotEqual(changed.etag, self.customer.etag)

    def test_an_old_etag_is_refused(self):
        self.update("companyName", self.customer.etag, company_name="Contoso 2")
        with self.assertRaises(CallError) as caught:
            self.update("companyName", self.customer.etag, company_name="Contoso 3")
        self.assertEqual((caught.exception.code, caught.exception.reason), ("ABORTED", "ETAG_MISMATCH"))

    def test_a_mask_cannot_name_what_cannot_change(self):
        for mask in ("primaryDomain", "nosuch", "revision", "state"):
            with self.subTest(mask=mask):
                with self.assertRaises(CallError) as caught:
                    self.update(mask, company_name="x")
                self.assertEqual(caught.exception.reason, "INVALID_FIELD")

    def test_an_external_id_is_unique_in_the_partner(self):
        with self.assertRaises(CallError) as caught:
            self.partner.create(external_id="crm-1")
        self.assertEqual(caught.exception.reason, "EXTERNAL_ID_TAKEN")
        Partner().create(external_id="crm-1")

    def test_nobody_else_sees_or_changes_it(self):
        stranger = Partner()
        for path, fields in (("GetCustomer", {"name": self.customer.name}),
                             ("UpdateCustomer", {"customer": {"name": self.customer.name, "company_name": "x"}})):  # fmt: skip
            refused = stranger.refused(f"{CUSTOMERS}/{path}", fields)
            self.assertEqual((refused.code, refused.reason), ("NOT_FOUND", "CUSTOMER_NOT_FOUND"))


class ListTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.partner = Partner()
        for name in ("Übung AG", "alpha Ltd.", "Beta Ltd.", "beta Works", "Zulu Ltd."):
            cls.partner.create(company_name=name)

    def names(self, **how):
        return [each.company_name for each in self.partner.list(**how).customers]

    def test_pages_hold_each_once_in_order(self):
        seen, token = [], ""
        while True:
            page = self.partner.list(page_size=2, order_by="company_name", page_token=token)
            seen += [each.company_name for each in page.customers]
            token = page.next_page_token
            if not token:
                break
        self.assertEqual(seen, ["alpha Ltd.", "Beta Ltd.", "beta Works", "Übung AG", "Zulu Ltd."])
        self.assertEqual(self.names(order_by="company_name desc"), seen[::-1])

    def test_a_page_token_is_bound_to_its_request(self):
        token = self.partner.list(page_size=2).next_page_token
        for how in ({"filter": 'company_name = "b*"'}, {"order_by": "company_name"}, {"show_ended": True}):
            refused = self.partner.refused(f"{CUSTOMERS}/ListCustomers",
                                           {"parent": self.partner.name, "page_token": token, **how})  # fmt: skip
            self.assertEqual(refused.reason, "INVALID_PAGE_TOKEN")

    def test_filters(self):
        self.assertEqual(self.names(filter='company_name = "b*"', order_by="company_name"), ["Beta Ltd.", "beta Works"])
        self.assertEqual(self.names(filter='company_name = "zulu ltd."'), ["Zulu Ltd."])
        self.assertEqual(self.names(filter='company_name = "zulu*" OR company_name = "alpha*" AND origin = CREATE',
                                    order_by="company_name"), ["alpha Ltd.", "Zulu Ltd."])  # fmt: skip
        self.assertEqual(len(self.names(filter='NOT company_name = "b*"')), 3)

    def test_views(self):
        self.assertFalse(self.partner.list().customers[0].HasField("billing_profile"))
        self.assertTrue(self.partner.list(view="CUSTOMER_VIEW_FULL").customers[0].HasField("billing_profile"))


class FollowTest(unittest.TestCase):
    def test_feed_and_audit_tell_who_did_what(self):
        partner = Partner()
        start = suite.call("event.v1.EventService/ListEvents", {"parent": partner.name, "from_end": True},
                           service="customer", token=partner.token).position  # fmt: skip
        asked = key()
        made = partner.call(f"{CUSTOMERS}/CreateCustomer",
                            {"parent": partner.name, "customer": new_customer(), "request_id": asked})  # fmt: skip
        partner.call(f"{CUSTOMERS}/UpdateCustomer",
                     {"customer": {"name": made.name, "company_name": "Renamed"}, "update_mask": "companyName"})  # fmt: skip

        def events():
            page = suite.call("event.v1.EventService/ListEvents",
                              {"parent": partner.name, "after_position": start, "wait_seconds": 1},
                              service="customer", token=partner.token)  # fmt: skip
            return [(each.type, each.subject) for each in page.events] if len(page.events) == 2 else None

        self.assertEqual(eventually(events), [("customer.created", made.name), ("customer.updated", made.name)])
        page = suite.call("event.v1.EventService/ListEvents", {"parent": partner.name, "after_position": start},
                          service="customer", token=partner.token)  # fmt: skip
        self.assertIn("company_name", list(page.events[1].changed_fields))
        self.assertNotIn(b"invoices@", page.events[0].after.value)
        records = suite.call("audit.v1.AuditService/ListAuditRecords", {"parent": partner.name}, service="customer",
                             token=partner.token).audit_records  # fmt: skip
        self.assertEqual({each.operation for each in records}, {"customer.created", "customer.updated"})
        self.assertTrue(all(each.actor == f"user:test-user@{partner.name}" for each in records))
        # What a saga made, in whatever service, is told with the request that its caller knows.
        self.assertEqual(page.events[0].request_id, asked)
        self.assertIn(asked, [each.request_id for each in records])
        elsewhere = suite.call("event.v1.EventService/ListEvents",
                               {"parent": partner.name, "type_prefixes": ["relationship."]}, service="relationship",
                               token=partner.token).events  # fmt: skip
        self.assertEqual([(each.type, each.request_id) for each in elsewhere], [("relationship.activated", asked)])


if __name__ == "__main__":
    unittest.main()
