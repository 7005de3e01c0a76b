"""What the chapters of one play hand on to each other."""

import dataclasses

from scenario.calls import Answer, Caller


@dataclasses.dataclass
class Partner:
    """A partner of this play and the people who work for it."""

    display_name: str
    country: str
    tenant: str = ""  # its own, in the vendor's directory
    name: str = ""
    region: str = ""
    administrator: Caller = None
    helpdesk: Caller = None


@dataclasses.dataclass
class World:
    first: Partner
    second: Partner
    import_source: str = ""
    portal: Caller = None
    portal_token: str = ""
    registered: Answer = None  # the last answer to the operator's registrations
    customer: str = ""  # the customer that the first partner created
    customer_domain: str = ""
    invited_domain: str = ""
    invited_administrator: Caller = None
    invited_address: str = ""
    invited_tenant: str = ""
    relationship: str = ""
    accepted: Answer = None  # the answer to the acceptance
