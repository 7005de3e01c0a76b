"""All that callers and operators can see of a partner, in a form that two runs of the same story have in common.

Ids, times and names made by chance become placeholders in the order in which they appear, so that two that are equal in
one run are equal in the other.
"""

import difflib
import itertools
import json
import re

from cell import SERVICES
from partner import CUSTOMERS, HOLDS, INVITATIONS, RELATIONSHIPS, mails_to, suite
from suite import CallError
from told import AUDIT, EVENTS, pages

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z")
CHANCE = re.compile(r'token=[A-Za-z0-9_.\-]+|Fabrikam [0-9a-f]{12}|"mpn_id": "[0-9]+"')
# {partner}, {tag} and {tenants} are the story's. What a store keeps beside the resources.
ROWS = {
    "customer": """
        SELECT 'account', state, saga IS NULL FROM customer WHERE partner = '{partner}' ORDER BY 2, 3;
        SELECT 'organization', primary_domain, custom_domains, cardinality(tenant_ids), provisional_saga IS NULL,
               revision FROM organization WHERE primary_domain LIKE '%{tag}%'
          OR id IN (SELECT id FROM customer WHERE partner = '{partner}') ORDER BY 2, 3, 4, 5, 6;
        SELECT 'domain', domain, is_primary FROM organization_domain WHERE domain LIKE '%{tag}%' ORDER BY 2;
        SELECT 'tenants', count(*) FROM organization_tenant WHERE tenant_id = ANY ('{{{tenants}}}'::uuid[]);
        SELECT 'agreement', generation, template_id FROM agreement WHERE partner = '{partner}' ORDER BY 2;""",
    "relationship": """
        SELECT 'hold', hold, kind FROM termination_hold WHERE partner = '{partner}' ORDER BY 2;""",
    "invitation": """
        SELECT 'mail', generation, kind, state, attempt_count FROM invitation_mail
        WHERE invitation IN (SELECT id FROM invitation WHERE partner = '{partner}') ORDER BY 2, 3;
        SELECT 'mails', mails FROM mail_count WHERE partner = '{partner}';""",
}
SAGAS = """
    SELECT 'saga', kind, done, last_error FROM saga WHERE subject LIKE '%{partner}%' ORDER BY create_time;
    SELECT 'request', method, count(*) FROM idempotency WHERE resource LIKE '%{partner}%' GROUP BY 2 ORDER BY 2;"""


def listed(path: str, field: str, fields: dict, story, service: str = "") -> list:
    found = pages(path, field, fields, token=story.partner.token, consistency=story.partner.seen, service=service)
    return [suite.contract.readable(each) for each in found]


def events(story, service: str) -> list:
    """The partner's part of a service's feed; what differs from run to run by its nature is left out."""
    page = suite.call(EVENTS, {"parent": story.partner.name, "page_size": 1000},
                      service=service, token=story.partner.token)  # fmt: skip
    told = [suite.contract.readable(each) for each in page.events]
    assert len({each["id"] for each in told}) == len(told), "an event's id comes twice"
    for each in told:
        del each["id"], each["position"]
        each["trace_id"] = bool(each.get("trace_id"))
    return told


def in_order(told: list) -> list:
    """What one transaction told, by subject: it does so in the order of ids, which are made by chance."""
    return [each for _, some in itertools.groupby(told, key=lambda event: event["time"])
            for each in sorted(some, key=lambda event: event["subject"])]  # fmt: skip


def audit(story, service: str) -> list:
    records = listed(AUDIT, "audit_records", {"parent": story.partner.name}, story, service)
    for each in records:
        del each["name"], each["create_time"]
        each["trace_id"] = bool(each.get("trace_id"))
    return records


def rows(story, cell) -> dict:
    """What the stores hold, by service; asked at once, a session takes its time."""
    statements = "".join(f"SET search_path = {service}, extensions; SELECT '{service}';" + ROWS[service] + SAGAS
                         for service in SERVICES)  # fmt: skip
    found, service = {}, ""
    for row in cell.postgres.sql(statements.format(partner=story.partner.name.rpartition("/")[2], tag=story.tag,
                                                   tenants=",".join(story.tenants))):  # fmt: skip
        if row[0] in SERVICES:
            service = row[0]
            found[service] = []
        else:
            found[service].append(row)
    return found


class Placeholders:
    def __init__(self, known: dict):
        self._known = dict(known)
        self._counts = {}

    def _named(self, kind: str, text: str) -> str:
        if text not in self._known:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._known[text] = f"<{kind} {self._counts[kind]}>"
        return self._known[text]

    def apply(self, data, tag: str):
        text = json.dumps(data, sort_keys=True).replace(tag, "<tag>")
        text = CHANCE.sub(lambda found: '"mpn_id": ""' if "mpn_id" in found[0] else "<chance>", text)
        text = UUID.sub(lambda found: self._named("id", found[0]), text)
        return json.loads(TIME.sub(lambda found: self._named("time", found[0]), text))


def answer_of(outcome):
    """What a caller was told in the end."""
    if isinstance(outcome, CallError):
        return {"code": outcome.code, "reason": outcome.reason, "metadata": outcome.metadata}
    return suite.contract.readable(outcome.message)


def picture(story, cell) -> dict:
    partner = story.partner.name
    parent = {"parent": partner}
    customers = listed(f"{CUSTOMERS}/ListCustomers", "customers",
                      {**parent, "show_ended": True, "order_by": "company_name"}, story)  # fmt: skip
    relationships = listed(f"{RELATIONSHIPS}/ListCustomerRelationships", "customer_relationships", parent, story)
    invitations = listed(f"{INVITATIONS}/ListInvitations", "invitations", parent, story)

    def get(path, found):
        return [suite.contract.readable(story.partner.call(path, {"name": each["name"]}).message) for each in found]

    made = Placeholders({partner.rpartition("/")[2]: "<partner>", story.request_id: "<request>"})
    seen = {
        "customers": get(f"{CUSTOMERS}/GetCustomer", customers),
        "list of customers": [[each["name"], each["state"], each["relationship"]] for each in customers],
        "invitations": get(f"{INVITATIONS}/GetInvitation", invitations),
    }
    seen = {name: made.apply(each, story.tag) for name, each in seen.items()}
    linked = made.apply(get(f"{RELATIONSHIPS}/GetCustomerRelationship", relationships), story.tag)
    seen["relationships"] = sorted(linked, key=lambda each: each["name"])
    holds = [listed(f"{HOLDS}/ListTerminationHolds", "termination_holds", {"parent": each["name"]}, story)
             for each in relationships]  # fmt: skip
    seen["holds"] = made.apply([each for some in holds for each in some], story.tag)
    seen["answer"] = made.apply(answer_of(story.outcome), story.tag)
    for service in SERVICES:
        seen[f"events of {service}"] = in_order(made.apply(events(story, service), story.tag))
        records = made.apply(audit(story, service), story.tag)
        seen[f"audit of {service}"] = sorted(records, key=lambda each: json.dumps(each, sort_keys=True))
    seen["rows"] = made.apply(rows(story, cell), story.tag)
    seen["mails"] = made.apply({each: len(mails_to(each)) for each in story.addresses}, story.tag)
    return seen


def difference(expected: dict, got: dict) -> str:
    lines = [json.dumps(each, indent=1, sort_keys=True).splitlines() for each in (expected, got)]
    return "\n".join(difflib.unified_diff(*lines, "without a fault", "with the fault", lineterm="", n=6))
