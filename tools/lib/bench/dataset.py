"""A million customers of a thousand partners, with ids that can be computed: `customer 123456` is always the same row.

Customer c, from 0 on, is of partner c³·1000/10¹⁸: the first partner has 100,000 customers, the last 333.
"""

import subprocess

PARTNERS = 1000
CUSTOMERS = 1_000_000
# Open invitations of as many organisations that nobody knows yet, for acceptances to use up.
INVITATIONS = 200_000
# Changes whenever the rows below do: another set is made anew.
VERSION = "2"

ISSUER = "https://directory.clientele.local/global"
TIME = "timestamptz '2025-01-01 00:00:00Z'"
# The ids of what the services make are newer than all of these.
PARTNER, CUSTOMER, INVITATION, TENANT, ACCEPTING = "01900000", "01900001", "01900002", "01900003", "01900004"


def identifier(kind: str, n: int) -> str:
    return f"{kind}-0000-7000-8000-{n:012x}"


def partner_of(customer: int) -> int:
    return customer**3 * PARTNERS // CUSTOMERS**3


def _id(kind: str, n: str) -> str:
    return f"('{kind}-0000-7000-8000-' || lpad(to_hex({n}), 12, '0'))::uuid"


_P, _C = _id(PARTNER, "p"), _id(CUSTOMER, "c")
_OF = f"(c::numeric ^ 3 * {PARTNERS} / {CUSTOMERS}::numeric ^ 3)::numeric"
_CUSTOMERS = f"(SELECT c, floor({_OF})::bigint AS p, {TIME} + c * interval '10 seconds' AS t " \
             f"FROM generate_series(0, {CUSTOMERS - 1}) AS c) AS of_partners"  # fmt: skip
_PARTNERS = f"generate_series(0, {PARTNERS - 1}) AS p"
_NAME = "lpad(c::text, 6, '0')"
_INVITED = f"generate_series(0, {INVITATIONS - 1}) AS c"

# Of each table: its columns with the expressions that fill them, and what they are made of.
TABLES = {
    "relationship.partner": (_PARTNERS, {
        "id": _P, "display_name": "'Fabrikam ' || p", "name_key": "'fabrikam ' || p", "mpn_id": "(8000000 + p)::text",
        "country": "'US'", "region": "'united-states'", "kinds": "'{1}'", "agreement_state": "2", "revision": "1",
        "create_time": TIME, "update_time": TIME}),
    "customer.partner_fact": (_PARTNERS, {
        "id": _P, "country": "'US'", "region": "'united-states'", "kinds": "'{1}'", "agreement_state": "2",
        "tenant_issuer": "''", "tenant_id": "''", "revision": "1"}),
    "invitation.partner_fact": (_PARTNERS, {
        "partner": _P, "display_name": "'Fabrikam ' || p", "country": "'US'", "region": "'united-states'",
        "kinds": "'{direct_bill}'", "agreement_signed": "true", "revision": "1"}),
    "customer.organization": (_CUSTOMERS, {
        "id": _C, "revision": "1", "primary_domain": f"'contoso-' || {_NAME} || '.example'", "custom_domains": "'{}'",
        "tenant_issuers": f"'{{{ISSUER}}}'", "tenant_ids": f"ARRAY[{_id(TENANT, 'c')}::text]", "create_time": "t"}),
    "customer.organization_domain": (_CUSTOMERS, {
        "domain": f"'contoso-' || {_NAME} || '.example'", "organization": _C, "is_primary": "true"}),
    "customer.organization_tenant": (_CUSTOMERS, {
        "tenant_id": _id(TENANT, "c"), "issuer": f"'{ISSUER}'", "organization": _C}),
    "customer.customer": (_CUSTOMERS, {
        "id": _C, "partner": _P, "revision": "1", "link_generation": "1", "link_revision": "1",
        "relationship_generation": "1", "relationship_revision": "1", "create_time": "t", "update_time": "t",
        "state": "1", "origin": "1", "relationship_kind": "1", "relationship_state": "1", "profile_complete": "true",
        "company_name": f"'Contoso ' || {_NAME}", "name_key": f"'contoso ' || {_NAME}", "region": "'united-states'",
        "billing_company_name": f"'Contoso ' || {_NAME}",
        "billing_email": f"'invoices@contoso-' || {_NAME} || '.example'", "billing_first_name": "'Ann'",
        "billing_last_name": "'Lee'", "culture": "'en-US'", "language": "'en'", "address_line1": "'1 Main Street'",
        "city": "'Redmond'", "subdivision": "'WA'", "postal_code": "'98052'", "country": "'US'"}),
    "relationship.customer_relationship": (_CUSTOMERS, {
        "partner": _P, "customer": _C, "kind": "1", "state": "1", "generation": "1", "region": "'united-states'",
        "origin": "1", "established_by": "''", "establish_request": "''", "revision": "1", "create_time": "t",
        "update_time": "t", "establish_time": "t"}),
    "invitation.invitation": (_INVITED, {
        "id": _id(INVITATION, "c"), "partner": _id(PARTNER, f"c % {PARTNERS}"), "kind": "1", "state": "2",
        "target_kind": "2", "target_value": "'adatum-' || c || '.example'", "target_issuer": "''",
        "target_key": "'domain:adatum-' || c || '.example'", "target_host": "'adatum-' || c || '.example'",
        "recipient_email": "''", "locale": "'en-US'", "message": "'Join us.'", "lifetime_days": "30",
        "expire_time": "now() + interval '30 days'", "token_generation": "1", "delivery_state": "1",
        "delivery_attempt_count": "0", "delivery_last_error": "''", "acceptance_error": "''",
        "accepted_relationship": "''", "closing_reason": "''", "revision": "1", "etag_revision": "1",
        "create_time": TIME, "update_time": TIME}),
}  # fmt: skip

# What a measurement leaves behind. Rows that the services made have newer ids than the set's own.
_KEPT = "'01910000-0000-0000-0000-000000000000'"
RESET = f"""
DELETE FROM customer.organization_domain WHERE organization > {_KEPT};
DELETE FROM customer.organization_tenant WHERE organization > {_KEPT};
DELETE FROM customer.agreement WHERE customer > {_KEPT};
DELETE FROM customer.organization WHERE id > {_KEPT};
DELETE FROM customer.customer WHERE id > {_KEPT};
UPDATE customer.customer SET revision = 1, company_name = billing_company_name, name_key = lower(billing_company_name)
WHERE revision <> 1;
DELETE FROM relationship.customer_relationship WHERE customer > {_KEPT};
DELETE FROM invitation.invitation WHERE id > {_KEPT};
UPDATE invitation.invitation SET state = 2, revision = 1, etag_revision = 1, accepted_relationship = '',
  expire_time = now() + interval '30 days' WHERE revision <> 1 OR expire_time < now() + interval '7 days';
"""
SCHEMAS = ("customer", "relationship", "invitation")
TRAIL = ("outbox", "audit_record", "idempotency", "saga")
# First, so that it waits for what still runs.
EMPTY = "TRUNCATE " + ", ".join(f"{schema}.{table}" for schema in SCHEMAS for table in TRAIL) + ";"
# What a request makes: rows of each table that it may write.
COUNTS = " UNION ALL ".join(
    [f"SELECT '{schema}.{table}', count(*) FROM {schema}.{table}" for schema in SCHEMAS for table in TRAIL]
    + [f"SELECT '{table}', count(*) FROM {table} WHERE {column} > {_KEPT}" for table, column in [
        ("customer.customer", "id"), ("customer.organization", "id"), ("customer.organization_domain", "organization"),
        ("customer.organization_tenant", "organization"), ("relationship.customer_relationship", "customer"),
        ("invitation.invitation", "id")]]
    + ["SELECT 'changed customers', count(*) FROM customer.customer WHERE revision <> 1",
       "SELECT 'changed invitations', count(*) FROM invitation.invitation WHERE revision <> 1"]
)  # fmt: skip


def _copy(psql: list, table: str) -> None:
    rows, columns = TABLES[table]
    read = f"COPY (SELECT {', '.join(columns.values())} FROM {rows}) TO STDOUT"
    with subprocess.Popen([*psql, "-c", read], stdout=subprocess.PIPE) as reader:
        subprocess.run([*psql, "-c", f"COPY {table} ({', '.join(columns)}) FROM STDIN"], stdin=reader.stdout, check=True)
    if reader.returncode != 0:
        raise SystemExit(f"The rows of {table} could not be made.")


def load(psql: list) -> None:
    """Fills the tables of a fresh suite."""
    for table in TABLES:
        print(f"  {table}", flush=True)
        _copy(psql, table)
    subprocess.run([*psql, "-c", "VACUUM (ANALYZE)", "-c", "CHECKPOINT"], check=True)


def counts(psql: list) -> dict:
    told = subprocess.run([*psql, "-At", "-F", " = ", "-c", COUNTS], check=True, stdout=subprocess.PIPE, text=True)
    return {table: int(n) for table, n in (line.split(" = ") for line in told.stdout.splitlines())}


def reset(psql: list) -> None:
    """Removes what was made, and undoes what was changed."""
    for attempt in range(3):
        # What a service still does may stand in the way.
        if subprocess.run([*psql, "-c", EMPTY, "-c", RESET], check=attempt == 2).returncode == 0:
            break
    subprocess.run([*psql, "-c", "VACUUM customer.customer, customer.organization, invitation.invitation",
                    "-c", "CHECKPOINT"], check=True)  # fmt: skip
