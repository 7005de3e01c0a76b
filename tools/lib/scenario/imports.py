"""2. The portal brings the list of customers that each partner has there."""

import collections
import csv
import re
import uuid

from scenario.calls import FRESH_ID, FRESH_NUMBER
from scenario.samples import list_of_this_play
from scenario.stage import ROOT, Stage
from scenario.world import Partner, World


SOME_ROWS_REFUSED = 2  # exit code of import-customers


def bring(stage: Stage, world: World, partner: Partner, name: str, words: str, exit_code: int = 0) -> str:
    """Imports a sample; answers the path of the list."""
    path = list_of_this_play(stage, name)
    stage.run(
        words,
        [
            f"build/{stage.preset}/tools/import-customers",
            f"--partner={partner.name}",
            f"--source={world.import_source}",
            f"--target={stage.address('customer')}",
            f"--ca_file={stage.state}/authority/ca.crt",
            f"--token_file={world.portal_token}",
            path,
        ],
        exit_code,
    )
    return path


def path_of_column(column: str) -> str:
    """The field of the request that a column of the list fills."""
    column = re.sub(r"^contacts\.(\d+)", lambda found: f"contacts[{int(found.group(1)) - 1}]", column)
    return re.sub(r"^labels\.(\w+)", r"labels[\1]", column)


def check_refusals(stage: Stage, path: str) -> None:
    """Each refused row carries, in its own column #expect, the reason that it must be refused with."""
    reasons = collections.Counter()
    with open(ROOT / f"{path}.rejected.csv", encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            expected, _, column = (row["#expect"] or row["#raw"].partition(",")[0]).partition(":")
            field = path_of_column(column)
            stage.expect(
                row["#reason"] == expected and field in row["#detail"],
                f"line {row['#line']} of {path} is refused with {row['#reason']} {row['#detail']}, not {expected} {field}",
            )
            reasons[expected] += 1
    stage.tell("each with its reason: " + ", ".join(f"{count} {reason}" for reason, count in reasons.most_common()))


def count(stage: Stage, partner: Partner) -> int:
    """How many customers the partner has, read by pages."""
    found, token = 0, ""
    while True:
        body = {"parent": partner.name, "page_size": 1000, **({"page_token": token} if token else {})}
        page = stage.quiet(partner.administrator, "CustomerService/ListCustomers", body)
        found, token = found + len(page["customers"]), page["nextPageToken"]
        if not token:
            return found


def rows(*companies) -> list:
    return [
        {"tenant_id": tenant, "company_name": company, "primary_domain": domain, "relationship": "Reseller"}
        for tenant, company, domain in companies
    ]


def outcomes(answer) -> str:
    return "; ".join(
        outcome["result"].replace("IMPORT_RESULT_", "") + " " + outcome.get("customer", reason_of(outcome))
        for outcome in answer["outcomes"]
    )


def reason_of(outcome: dict) -> str:
    """The reason in a row's google.rpc.Status."""
    details = outcome.get("error", {}).get("details", [])
    return next((detail["reason"] for detail in details if "reason" in detail), "")


def by_hand(stage: Stage, world: World) -> None:
    """The same RPC without the tool: the portal's word counts, the partner's own does not."""
    partner = world.first
    row = rows((FRESH_ID, "Wingtip Handels GmbH", f"wingtip-{FRESH_NUMBER}.example"))
    answer = stage.call(
        world.portal,
        "brings one more customer of the partner, by hand.",
        "CustomerService/BatchImportCustomers",
        {"parent": partner.name, "source": world.import_source, "rows": row},
        tell=outcomes,
    )
    stage.expect(answer["outcomes"][0]["result"] == "IMPORT_RESULT_CREATED", "the portal's row was not taken")
    present = stage.quiet(partner.administrator, "CustomerService/GetCustomer", {"name": answer["outcomes"][0]["customer"]})
    again = rows(
        (present["directoryTenants"][0]["tenantId"], "Wingtip Handels GmbH", present["primaryDomain"]),
        (str(uuid.uuid4()), "Somebody Else AG", f"somebody-else-{stage.number}.example"),
    )
    answer = stage.call(
        partner.administrator,
        "uploads a list itself: whom it has is already there, others have to be invited.",
        "CustomerService/BatchImportCustomers",
        {"parent": partner.name, "rows": again},
        tell=outcomes,
    )
    got = [outcome["result"] for outcome in answer["outcomes"]]
    stage.expect(got == ["IMPORT_RESULT_ALREADY_PRESENT", "IMPORT_RESULT_REFUSED"], "the partner's own list was taken")
    stage.expect(reason_of(answer["outcomes"][1]) == "INVITATION_REQUIRED", "the refusal is not INVITATION_REQUIRED")
    stage.call(
        world.portal,
        "may bring nothing in its own name.",
        "CustomerService/BatchImportCustomers",
        {"parent": partner.name, "rows": row},
        refused="NOT_IMPORT_SOURCE",
    )


def play(stage: Stage, world: World) -> None:
    stage.chapter("2. The portal brings the list of customers that each partner has there")
    for partner, name, size in ((world.first, "northwind.csv", 600), (world.second, "tailspin.csv", 400)):
        bring(stage, world, partner, name, f"The portal brings {partner.display_name}'s {size} customers.")
        stage.expect(count(stage, partner) == size, f"{partner.display_name} does not have {size} customers now")
    bring(
        stage,
        world,
        world.first,
        "northwind.partner-center.csv",
        "The same customers, as Partner Center exports them: all are already there.",
    )
    stage.expect(count(stage, world.first) == 600, "a repeated list changed the number of customers")
    path = bring(
        stage,
        world,
        world.first,
        "refused.csv",
        "A list full of mistakes: the good rows are taken, each other one is refused with its reason.",
        exit_code=SOME_ROWS_REFUSED,
    )
    check_refusals(stage, path)
    stage.expect(count(stage, world.first) == 602, "not just the two good rows were taken")
    by_hand(stage, world)
