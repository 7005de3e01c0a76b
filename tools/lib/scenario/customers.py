"""3. A partner creates a new customer, and works with it."""

import tokens
from scenario.calls import FRESH_ID, FRESH_NUMBER
from scenario.stage import Stage
from scenario.world import World

# An address that passes its country's rules, for the countries that the samples' partners lie in.
ADDRESSES = {
    "DE": {
        "address_line1": "Friedrichstraße 68",
        "city": "Berlin",
        "postal_code": "10117",
        "country": "DE",
        "phone_number": "+49 30 901820",
    },
    "AE": {
        "address_line1": "Al Maktoum Road 12",
        "city": "Dubai",
        "country": "AE",
        "phone_number": "+971 4 222 1234",
    },
}
CULTURES = {"DE": ("de-DE", "de"), "AE": ("en-AE", "en")}


def account(country: str, domain: str) -> dict:
    culture, language = CULTURES[country]
    return {
        "company_name": "Contoso Maschinenbau GmbH",
        "primary_domain": domain,
        "external_id": f"crm-{FRESH_NUMBER}",
        "labels": {"tier": "gold"},
        "billing_profile": {
            "company_name": "Contoso Maschinenbau GmbH",
            "email": "invoices@contoso.example",
            "first_name": "Anna",
            "last_name": "O'Brien",
            "culture": culture,
            "language": language,
            "default_address": ADDRESSES[country],
        },
    }


def one_line(customer) -> str:
    return f"{customer['name']}: {customer['companyName']}, {customer['primaryDomain']}, {customer['state']}"


def create(stage: Stage, world: World) -> None:
    partner = world.first
    stage.call(
        partner.administrator,
        "asks whether a domain is free.",
        "CustomerService/CheckDomainAvailability",
        {"parent": partner.name, "domain": f"Contoso-{FRESH_NUMBER}.example"},
    )
    incomplete = account(partner.country, "not a domain")
    incomplete["billing_profile"].update({"email": "invoices", "culture": "xx-YY"})
    incomplete["billing_profile"]["default_address"] = {"country": partner.country, "postal_code": "?"}
    stage.call(
        partner.administrator,
        "fills the form badly, and learns of every mistake at once.",
        "CustomerService/CreateCustomer",
        {"parent": partner.name, "customer": incomplete, "validate_only": True},
        refused="INVALID_FIELD",
    )
    stage.call(
        partner.helpdesk,
        "may not create customers.",
        "CustomerService/CreateCustomer",
        {"parent": partner.name, "customer": account(partner.country, f"contoso-{FRESH_NUMBER}.example")},
        refused="PERMISSION_DENIED",
    )
    created = stage.call(
        partner.administrator,
        "creates a customer: the organisation, the account and the relationship in one call.",
        "CustomerService/CreateCustomer",
        {
            "parent": partner.name,
            "customer": account(partner.country, f"contoso-{FRESH_NUMBER}.example"),
            "request_id": FRESH_ID,
        },
        tell=one_line,
    )
    stage.expect(created["state"] == "CUSTOMER_STATE_ACTIVE", "the new customer is not ACTIVE")
    stage.expect(created["relationship"]["state"] == "RELATIONSHIP_STATE_ACTIVE", "its relationship is not ACTIVE")
    world.customer, world.customer_domain = created["name"], created["primaryDomain"]
    stage.call(
        world.second.administrator,
        "wants a customer with the same domain: it is taken, and can be invited.",
        "CustomerService/CreateCustomer",
        {
            "parent": world.second.name,
            "customer": account(world.second.country, world.customer_domain),
            "request_id": FRESH_ID,
        },
        refused="DOMAIN_TAKEN",
    )


def read(stage: Stage, world: World) -> None:
    partner = world.first
    got = stage.call(
        partner.helpdesk,
        "reads the customer.",
        "CustomerService/GetCustomer",
        {"name": world.customer},
    )
    stage.expect(got["billingProfile"]["lastName"] == "O'Brien", "the billing profile is not as it was given")
    page = stage.call(
        partner.administrator,
        "lists its customers, three a page, by name.",
        "CustomerService/ListCustomers",
        {"parent": partner.name, "page_size": 3, "order_by": "company_name"},
        tell=lambda page: ", ".join(customer["companyName"] for customer in page["customers"]) + " and a next page",
    )
    stage.expect(len(page["customers"]) == 3 and page["nextPageToken"], "the first page is not three of many")
    following = stage.call(
        partner.administrator,
        "turns the page.",
        "CustomerService/ListCustomers",
        {
            "parent": partner.name,
            "page_size": 3,
            "order_by": "company_name",
            "page_token": page["nextPageToken"],
        },
        tell=lambda page: ", ".join(customer["companyName"] for customer in page["customers"]),
    )
    seen = {customer["name"] for customer in page["customers"]}
    stage.expect(not seen & {customer["name"] for customer in following["customers"]}, "two pages share a customer")
    found = stage.call(
        partner.administrator,
        "finds the new customer by the beginning of its name.",
        "CustomerService/ListCustomers",
        {
            "parent": partner.name,
            "filter": f'company_name = "Contoso*" AND primary_domain = "{world.customer_domain}"',
            "view": "CUSTOMER_VIEW_FULL",
        },
        tell=lambda page: "; ".join(map(one_line, page["customers"])),
    )
    stage.expect([customer["name"] for customer in found["customers"]] == [world.customer], "the filter finds others")


def update(stage: Stage, world: World) -> None:
    partner = world.first
    before = stage.call(
        partner.administrator, "reads it again, for its etag.", "CustomerService/GetCustomer", {"name": world.customer}
    )
    changed = stage.call(
        partner.administrator,
        "changes the purchase order and the invoice address, and nothing else.",
        "CustomerService/UpdateCustomer",
        {
            "customer": {
                "name": world.customer,
                "billing_profile": {"purchase_order": f"PO {FRESH_NUMBER}", "email": "ap@contoso.example"},
            },
            "update_mask": "billingProfile.purchaseOrder,billingProfile.email",
            "request_id": FRESH_ID,
        },
        tell=lambda got: f"revision {before['revision']} → {got['revision']}, {got['billingProfile']['purchaseOrder']}",
    )
    stage.expect(changed["billingProfile"]["lastName"] == "O'Brien", "a field that the mask does not name was changed")
    stage.call(
        partner.administrator,
        "changes it as seen before that change: somebody was quicker.",
        "CustomerService/UpdateCustomer",
        {
            "customer": {"name": world.customer, "etag": before["etag"], "external_id": f"crm-{FRESH_NUMBER}"},
            "update_mask": "externalId",
        },
        refused="ETAG_MISMATCH",
    )
    stage.call(
        world.second.administrator,
        "asks for this customer: it is another partner's, so there is none.",
        "CustomerService/GetCustomer",
        {"name": world.customer},
        refused="CUSTOMER_NOT_FOUND",
    )


def play(stage: Stage, world: World) -> None:
    stage.chapter("3. A partner creates a new customer")
    create(stage, world)
    read(stage, world)
    update(stage, world)
    outsider = stage.person(
        "Somebody whose token names no role",
        "no-role",
        tokens.partner_user(world.first.name, "no-role", "referral_admin"),
    )
    stage.call(
        outsider,
        "may not change it.",
        "CustomerService/UpdateCustomer",
        {"customer": {"name": world.customer, "labels": {"tier": "silver"}}, "update_mask": "labels"},
        refused="PERMISSION_DENIED",
    )
