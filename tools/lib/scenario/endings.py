"""5. The customer is in the list; a hold blocks the end; the relationship ends, and stands again."""

from scenario.calls import FRESH_ID, FRESH_NUMBER
from scenario.invitations import accept, await_mail, send
from scenario.stage import Stage, new_id
from scenario.world import World


def listed(stage: Stage, world: World, words: str, carry: str) -> list:
    page = stage.call(
        world.first.administrator,
        words,
        "CustomerService/ListCustomers",
        {"parent": world.first.name, "filter": f'primary_domain = "{world.invited_domain}"'},
        carry=carry,
        tell=lambda page: "; ".join(
            f"{customer['companyName']}, {customer['state']}, generation {customer['relationship']['generation']}"
            for customer in page["customers"]
        )
        or "not in the list",
    )
    return page["customers"] or []


def relationships(stage: Stage, world: World) -> None:
    read = stage.call(
        world.invited_administrator,
        "reads the relationship from its own side.",
        "RelationshipService/GetCustomerRelationship",
        {"name": world.relationship},
        tell=lambda got: f"{got['state']}, generation {got['generation']}, made by {got['establishedBy']}",
    )
    stage.expect(read["state"] == "RELATIONSHIP_STATE_ACTIVE", "the relationship does not stand")
    page = stage.call(
        world.first.administrator,
        "lists its relationships that came from invitations.",
        "RelationshipService/ListCustomerRelationships",
        {"parent": world.first.name, "filter": 'origin = "INVITATION"'},
        tell=lambda page: f"{len(page['customerRelationships'])}: "
        + ", ".join(found["name"] for found in page["customerRelationships"]),
    )
    stage.expect(
        world.relationship in [found["name"] for found in page["customerRelationships"]], "the relationship is missing"
    )


def hold_and_end(stage: Stage, world: World):
    """A hold blocks the end; without it the relationship ends. Answers the end."""
    administrator = world.first.administrator
    hold = stage.call(
        stage.billing(),
        "reports a subscription that still runs.",
        "TerminationHoldService/UpsertTerminationHold",
        {
            "termination_hold": {
                "name": f"{world.relationship}/terminationHolds/subscription-{FRESH_NUMBER}",
                "kind": "HOLD_KIND_SUBSCRIPTION",
                "description": "25 seats are not suspended: suspend them first.",
            },
            "request_id": FRESH_ID,
        },
        tell=lambda got: f"{got['name']}, reported by {got['reporter']}",
    )
    stage.call(
        administrator,
        "sees what stands in the way.",
        "TerminationHoldService/ListTerminationHolds",
        {"parent": world.relationship},
    )
    stage.call(
        administrator,
        "asks what an end would meet, without ending anything.",
        "RelationshipService/TerminateCustomerRelationship",
        {"name": world.relationship, "validate_only": True},
        refused="TERMINATION_HOLDS",
        later="what would be, while no hold stands",
    )
    stage.call(
        administrator,
        "cannot remove another team's hold.",
        "TerminationHoldService/DeleteTerminationHold",
        {"name": hold["name"]},
        refused="PERMISSION_DENIED",
    )
    stage.call(
        stage.billing(),
        "takes its hold back.",
        "TerminationHoldService/DeleteTerminationHold",
        {"name": hold["name"], "request_id": new_id()},
        tell=lambda got: "gone",
    )
    ended = stage.call(
        administrator,
        "ends the relationship.",
        "RelationshipService/TerminateCustomerRelationship",
        {"name": world.relationship, "reason": "The contract ran out.", "request_id": new_id()},
        tell=lambda got: f"{got['state']}, {got['termination']['terminatedBy']}: {got['termination']['reason']}",
    )
    stage.expect(ended["state"] == "RELATIONSHIP_STATE_TERMINATED", "the relationship did not end")
    return ended


def stand_again(stage: Stage, world: World) -> None:
    recipient = f"it@{world.invited_domain}"
    created = stage.call(
        world.first.administrator,
        "invites the customer again, by its domain.",
        "InvitationService/CreateInvitation",
        {
            "parent": world.first.name,
            "invitation": {
                "kind": "INVITATION_KIND_RESELLER",
                "target": {"domain": world.invited_domain},
                "recipient_email": recipient,
            },
            "request_id": FRESH_ID,
        },
        tell=lambda got: f"{got['name']}: {got['state']}",
        later="CUSTOMER_ALREADY_LINKED, once the customer is in the list again",
    )
    send(stage, world, created["name"])
    await_mail(stage, recipient)
    accepted = accept(stage, world, recipient)
    stage.expect(accepted["customerRelationship"] == world.relationship, "the relationship has another name now")
    again = listed(stage, world, "finds the customer in its list again.", accepted.consistency)
    stage.expect(
        len(again) == 1 and str(again[0]["relationship"]["generation"]) == "2", "the customer is not back as generation 2"
    )


def play(stage: Stage, world: World) -> None:
    stage.chapter("5. A hold blocks the end; the relationship ends, and stands again")
    there = listed(
        stage, world, "finds the new customer in its list at once (the answer to the acceptance says how far to read).",
        world.accepted.consistency,
    )  # fmt: skip
    stage.expect(len(there) == 1, "the customer is not in the list after the acceptance")
    relationships(stage, world)
    ended = hold_and_end(stage, world)
    gone = listed(stage, world, "looks for the customer: it left the list.", ended.consistency)
    stage.expect(not gone, "the customer is in the list after the end")
    stand_again(stage, world)
