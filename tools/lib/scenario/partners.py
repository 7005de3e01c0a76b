"""1. An operator registers two partners and an import source."""

import tokens
from scenario.calls import FRESH_ID, FRESH_MPN, FRESH_NUMBER
from scenario.stage import Stage
from scenario.world import Partner, World


def register(stage: Stage, partner: Partner):
    body = {
        "partner": {
            "display_name": partner.display_name,
            "mpn_id": FRESH_MPN,
            "country": partner.country,
            "kinds": ["PARTNER_KIND_DIRECT_BILL"],
            "agreement_state": "AGREEMENT_STATE_SIGNED",
            "directory_tenant": {"tenant_id": FRESH_ID},
        },
        "request_id": FRESH_ID,
    }
    answer = stage.call(
        stage.operator(),
        f"registers the partner {partner.display_name} in {partner.country}.",
        "PartnerService/CreatePartner",
        body,
        tell=lambda got: f"{got['name']}, MPN {got['mpnId']}, region {got['region']}, revision {got['revision']}",
    )
    partner.name, partner.region = answer["name"], answer["region"]
    short = partner.display_name.split()[0].lower()
    partner.administrator = stage.person(
        f"{partner.display_name.split()[0]}'s administrator",
        f"{short}-admin",
        tokens.partner_user(partner.name, f"{short}-admin", "global_admin", "admin_agent"),
    )
    partner.helpdesk = stage.person(
        f"{partner.display_name.split()[0]}'s helpdesk agent",
        f"{short}-helpdesk",
        tokens.partner_user(partner.name, f"{short}-helpdesk", "helpdesk_agent"),
    )
    return answer


def register_source(stage: Stage, world: World) -> None:
    subject = f"office365-portal-{stage.play}"
    world.portal = stage.person("The portal", "portal", {"kind": "application", "sub": subject})
    world.portal_token = f"{stage.state}/tokens/play-{stage.play}/portal.jwt"
    source = {
        "portal": "Office 365 partner portal",
        "principal": f"app:{subject}",
        "partners": [world.first.name, world.second.name],
    }
    answer = stage.call(
        stage.operator(),
        "registers the portal whose lists are trusted, and for whom it speaks.",
        "ImportSourceService/CreateImportSource",
        {
            "import_source": source,
            "import_source_id": f"office365-{FRESH_NUMBER}",
            "request_id": FRESH_ID,
        },
        carry=world.registered.consistency,
        tell=lambda got: f"{got['name']}: {got['principal']} speaks for {len(got['partners'])} partners",
    )
    world.import_source = answer["name"]
    read = stage.call(
        stage.operator(),
        "reads the import source.",
        "ImportSourceService/GetImportSource",
        {"name": world.import_source},
    )
    stage.expect(read["principal"] == source["principal"], "the import source is not as it was registered")


def play(stage: Stage, world: World) -> None:
    stage.chapter("1. An operator registers two partners and an import source")
    register(stage, world.first)
    world.registered = register(stage, world.second)
    stage.expect(world.first.region != world.second.region, "the two partners lie in one region")

    stage.call(
        stage.operator(),
        "tries to register a partner with an empty name, letters in its MPN id and a country UK.",
        "PartnerService/CreatePartner",
        {
            "partner": {
                "mpn_id": "abc",
                "country": "UK",
                "kinds": ["PARTNER_KIND_DIRECT_BILL"],
                "agreement_state": "AGREEMENT_STATE_SIGNED",
            }
        },
        refused="INVALID_FIELD",
    )
    read = stage.call(
        world.first.administrator,
        "reads its own partner.",
        "PartnerService/GetPartner",
        {"name": world.first.name},
    )
    stage.expect(read["displayName"] == world.first.display_name, "GetPartner answers another partner")
    stage.call(
        world.first.administrator,
        "asks for the other partner, and is told that there is none.",
        "PartnerService/GetPartner",
        {"name": world.second.name},
        refused="PARTNER_NOT_FOUND",
    )
    renamed = stage.call(
        stage.operator(),
        "corrects a partner's name and its own directory tenant, and nothing else.",
        "PartnerService/UpdatePartner",
        {
            "partner": {
                "name": world.first.name,
                "display_name": f"{world.first.display_name} & Co.",
                "directory_tenant": {"tenant_id": world.first.tenant},
            },
            "update_mask": "displayName,directoryTenant",
            "request_id": FRESH_ID,
        },
        tell=lambda got: f"{got['displayName']}, still {got['country']}, revision {got['revision']}",
    )
    stage.expect(renamed["mpnId"] == read["mpnId"], "UpdatePartner changed a field that the mask does not name")
    listed = stage.call(
        stage.operator(),
        "lists the partners whose name begins so, the newest first.",
        "PartnerService/ListPartners",
        {"filter": f'display_name = "{world.first.display_name.split()[0]}*"', "order_by": "create_time desc", "page_size": 2},
        tell=lambda got: ", ".join(partner["displayName"] for partner in got["partners"]),
    )
    stage.expect(listed["partners"][0]["name"] == world.first.name, "the newest partner does not lead the list")
    register_source(stage, world)
