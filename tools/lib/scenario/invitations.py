"""4. A partner invites an existing customer by e-mail; its administrator accepts."""

import importlib.machinery
import importlib.util
import uuid

import tokens
from scenario.calls import FRESH_ID, FRESH_NUMBER, TODAY, mailed_token
from scenario.stage import ROOT, Stage, new_id
from scenario.world import World

TENANT_ISSUER = "https://directory.clientele.local/global"


def mail_reader():
    """tools/mail-token as a module: the printed commands and the scenario read mails the same way."""
    loader = importlib.machinery.SourceFileLoader("mail_token", str(ROOT / "tools/mail-token"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("mail_token", loader))
    loader.exec_module(module)
    return module


def await_mail(stage: Stage, address: str, count: int = 1) -> None:
    reader = mail_reader()
    folder = ROOT / stage.state / "mail"
    mails = stage.wait_for(
        f"mail {count} to {address}",
        lambda: (found := reader.mails_to(folder, address)) and len(found) >= count and found,
    )
    stage.expect(bool(reader.token_of(mails[-1])), "the mail has no link with a token")
    stage.tell(f"{stage.state}/mail: a mail to {mails[-1]['To']}: {mails[-1]['Subject']}")


def agreement(address: str) -> dict:
    return {
        "template_id": "customer-agreement/2026-01",
        "primary_contact": {"first_name": "Zoë", "last_name": "Müller", "email": address},
        "date_agreed": TODAY,
    }


def one_line(invitation) -> str:
    delivery = invitation["delivery"] or {}
    return f"{invitation['name']}: {invitation['state']}, mail {delivery.get('state', 'none')}"


def send(stage: Stage, world: World, invitation: str) -> None:
    stage.call(
        world.first.administrator,
        "sends it.",
        "InvitationService/SendInvitation",
        {"name": invitation, "request_id": new_id()},
        tell=one_line,
    )


def invite(stage: Stage, world: World) -> str:
    """Creates and sends the invitation that is going to be accepted; answers its name."""
    partner = world.first
    created = stage.call(
        partner.administrator,
        "drafts an invitation to an address.",
        "InvitationService/CreateInvitation",
        {
            "parent": partner.name,
            "invitation": {
                "kind": "INVITATION_KIND_RESELLER",
                "target": {"email": f"zoe@fabrikam-{FRESH_NUMBER}.example"},
                "locale": "de",
                "message": "Wir freuen uns auf die Zusammenarbeit.",
                "lifetime_days": 14,
            },
            "request_id": FRESH_ID,
        },
        tell=one_line,
    )
    world.invited_address = created["target"]["email"]
    world.invited_domain = world.invited_address.split("@")[1]
    world.invited_tenant = str(uuid.uuid4())
    world.invited_administrator = stage.person(
        "The invited company's administrator",
        "invited-customer",
        tokens.customer_administrator(
            "zoe", world.invited_address, TENANT_ISSUER, world.invited_tenant, world.invited_domain
        ),
    )
    send(stage, world, created["name"])
    await_mail(stage, world.invited_address)
    return created["name"]


def look(stage: Stage, world: World, invitation: str) -> None:
    partner, address = world.first, world.invited_address
    stage.wait_for(
        "the mail's delivery on the invitation",
        lambda: stage.quiet(partner.administrator, "InvitationService/GetInvitation", {"name": invitation})["delivery"][
            "state"
        ]
        == "DELIVERY_STATE_SENT",
    )
    stage.call(
        partner.administrator,
        "sees that the mail was delivered.",
        "InvitationService/GetInvitation",
        {"name": invitation},
        tell=one_line,
    )
    stage.call(
        partner.administrator,
        "lists the invitations that wait for an answer.",
        "InvitationService/ListInvitations",
        {"parent": partner.name, "filter": 'state = "OPEN"', "order_by": "expire_time"},
        tell=lambda page: "; ".join(map(one_line, map(Fields, page["invitations"]))),
    )
    stage.call(
        partner.administrator,
        "sends it once more: only the newest link works.",
        "InvitationService/ResendInvitation",
        {"name": invitation, "request_id": new_id()},
        tell=one_line,
    )
    await_mail(stage, address, count=2)
    stage.call(
        world.invited_administrator,
        "follows the older link.",
        "InvitationService/LookupInvitation",
        {"token": mailed_token(address, first=True)},
        refused="INVITATION_REPLACED",
    )
    stage.call(
        world.invited_administrator,
        "follows the newer one, and sees who invites.",
        "InvitationService/LookupInvitation",
        {"token": mailed_token(address)},
        later="INVITATION_USED, once it is accepted",
    )


class Fields(dict):
    """A message inside an answer, read like an answer."""

    def __missing__(self, field: str):
        return ""


def accept(stage: Stage, world: World, address: str):
    return stage.call(
        world.invited_administrator,
        "accepts, and with it the customer agreement.",
        "InvitationService/AcceptInvitation",
        {
            "token": mailed_token(address),
            "agreement": agreement(world.invited_address),
            "company": {"company_name": "Fabrikam Werke AG", "country": world.first.country},
            "request_id": new_id(),
        },
    )


def answer_it(stage: Stage, world: World) -> None:
    address = world.invited_address
    stranger = stage.person(
        "An administrator of another company",
        "not-invited",
        tokens.customer_administrator("eve", "eve@other.example", TENANT_ISSUER, str(uuid.uuid4()), "other.example"),
    )
    company = {"company_name": "Fabrikam Werke AG", "country": world.first.country}
    stage.call(
        stranger,
        "got hold of the link, and tries to accept.",
        "InvitationService/AcceptInvitation",
        {"token": mailed_token(address), "agreement": agreement(address), "company": company},
        refused="NOT_INVITEE",
    )
    stage.call(
        world.invited_administrator,
        "forgets the agreement.",
        "InvitationService/AcceptInvitation",
        {"token": mailed_token(address), "company": company},
        refused="AGREEMENT_REQUIRED",
        later="INVITATION_USED, once it is accepted",
    )
    world.accepted = accept(stage, world, address)
    stage.expect(world.accepted["state"] == "INVITATION_STATE_ACCEPTED", "the acceptance did not end as ACCEPTED")
    world.relationship = world.accepted["customerRelationship"]
    stage.call(
        world.invited_administrator,
        "follows the link again.",
        "InvitationService/LookupInvitation",
        {"token": mailed_token(address)},
        refused="INVITATION_USED",
    )


def invite_by_domain(stage: Stage, world: World, what: str):
    """Invites another company by its domain, and sends the mail; answers the draft."""
    created = stage.call(
        world.first.administrator,
        f"invites another company, by its domain ({what}).",
        "InvitationService/CreateInvitation",
        {
            "parent": world.first.name,
            "invitation": {
                "kind": "INVITATION_KIND_RESELLER",
                "target": {"domain": f"wingtip-{FRESH_NUMBER}.example"},
                "recipient_email": f"it-{FRESH_NUMBER}@wingtip.example",
            },
            "request_id": FRESH_ID,
        },
        tell=one_line,
    )
    send(stage, world, created["name"])
    await_mail(stage, created["recipientEmail"])
    return created


def other_ends(stage: Stage, world: World) -> None:
    """One invitation is taken back, another one declined, a third one waits."""
    taken_back = invite_by_domain(stage, world, "this one is going to be taken back")
    stage.call(
        world.first.administrator,
        "takes it back.",
        "InvitationService/CancelInvitation",
        {"name": taken_back["name"], "reason": "Sent to the wrong company.", "request_id": new_id()},
        tell=one_line,
    )

    declined = invite_by_domain(stage, world, "this one is going to be declined")
    domain = declined["target"]["domain"]
    decliner = stage.person(
        "The other company's administrator",
        "declining-customer",
        tokens.customer_administrator("ina", f"ina@{domain}", TENANT_ISSUER, str(uuid.uuid4()), domain),
    )
    stage.call(
        decliner,
        "declines.",
        "InvitationService/DeclineInvitation",
        {"token": mailed_token(declined["recipientEmail"]), "reason": "We have a partner.", "request_id": new_id()},
    )

    waiting = invite_by_domain(stage, world, "this one stays open")
    stage.call(
        world.first.administrator,
        "cannot invite the same company twice.",
        "InvitationService/CreateInvitation",
        {
            "parent": world.first.name,
            "invitation": {
                "kind": "INVITATION_KIND_RESELLER",
                "target": {"domain": waiting["target"]["domain"]},
                "recipient_email": "info@wingtip.example",
            },
        },
        refused="DUPLICATE_INVITATION",
    )


def play(stage: Stage, world: World) -> None:
    stage.chapter("4. The partner invites an existing customer by e-mail; its administrator accepts")
    invitation = invite(stage, world)
    look(stage, world, invitation)
    answer_it(stage, world)
    other_ends(stage, world)
