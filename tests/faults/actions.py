"""What clients do at random, and what each answer tells them of a resource's state."""

from partner import CUSTOMERS, HOLDS, INVITATIONS, RELATIONSHIPS, key, relationship_of
from suite import new_customer, unique

from clients import Caller, World
from history import ACTIVE, ENDED, TERMINATED, TERMINATING, Write

MIX = {"create": 3, "contest": 1, "update": 6, "get": 4, "hold": 4, "release": 3, "terminate": 2, "relationship": 2,
       "list": 2, "holds": 2, "draft": 2}  # fmt: skip


def account(customer) -> tuple:
    return customer.revision, (customer.company_name, customer.state)


def holds_of(relationship: str) -> str:
    return f"{relationship}/terminationHolds"


class Client(Caller):
    def __init__(self, world: World, seed: int, mix: dict, duplicates: float):
        super().__init__(world, seed, duplicates)
        self._operations, self._weights = list(mix), list(mix.values())
        self._revisions = {}  # of resources, as last seen
        self._ended = set()  # relationships whose end it was told

    def step(self) -> None:
        partner = self.random.choice(self.world.partners)
        operation = self.random.choices(self._operations, self._weights)[0]
        names = self.world.customers[partner.name][-self.world.hot :]
        if operation in ("create", "contest", "draft", "list"):
            getattr(self, "_" + operation)(partner)
        elif names:
            getattr(self, "_" + operation)(partner, self.random.choice(names))

    def read_all(self) -> None:
        """Everything that the clients made, as it is now."""
        for partner in self.world.partners:
            self._list(partner)
            for customer in list(self.world.customers[partner.name]):
                self._get(partner, customer)
                self._relationship(partner, customer)
                self._holds(partner, customer)

    # Accounts --------------------------------------------------------------------------------------------------------

    def _create(self, partner, domain: str = "") -> None:
        name = f"Contoso {unique()}"
        customer = new_customer(company_name=name)
        customer["primary_domain"] = domain or customer["primary_domain"]

        def learn(called, answered, made):
            self._learn_account(called, answered, made)
            self.world.add(partner, made.name)

        write = Write("create", key(), value=(name, ACTIVE), domain=customer["primary_domain"])
        self.write(partner, write, f"{CUSTOMERS}/CreateCustomer", {"parent": partner.name, "customer": customer}, learn,
                   {"DOMAIN_TAKEN": lambda *_: False} if domain else {})  # fmt: skip

    def _contest(self, partner) -> None:
        self._create(partner, self.world.contested_domain())

    def _learn_account(self, called, answered, customer) -> None:
        self.history.see_state(customer.name, called, answered, *account(customer))
        self._revisions[customer.name] = (customer.revision, customer.etag)

    def _update(self, partner, customer: str) -> None:
        name = f"Contoso {unique()}"
        revision, etag = self._revisions.get(customer, (0, "")) if self.random.random() < 0.6 else (0, "")
        self.write(
            partner, Write("update", key(), customer, (name, ACTIVE), revision, ("company_name",)),
            f"{CUSTOMERS}/UpdateCustomer",
            {"customer": {"name": customer, "etag": etag, "company_name": name}, "update_mask": "companyName"},
            self._learn_account, {
                "ETAG_MISMATCH": lambda *times: self.history.see_later(customer, *times, revision),
                "CUSTOMER_ENDED": lambda *times: self.history.see(
                    customer, *times, lambda state: state is not None and state[1][1] == ENDED, "ended"),
            })  # fmt: skip

    def _get(self, partner, customer: str) -> None:
        known = TERMINATED if relationship_of(customer) in self._ended else ACTIVE
        if read := self.read(partner, f"{CUSTOMERS}/GetCustomer", {"name": customer}):
            self._learn_account(*read)
            self.history.copy(relationship_of(customer), read[2].relationship.state, known)

    def _list(self, partner) -> None:
        """One page, so one snapshot: who is not in it was not there."""
        expected = list(self.world.customers[partner.name])
        read = self.read(partner, f"{CUSTOMERS}/ListCustomers",
                         {"parent": partner.name, "show_ended": True, "page_size": 1000})  # fmt: skip
        if not read:
            return
        called, answered, answer = read
        assert not answer.next_page_token
        for customer in answer.customers:
            self.history.see_state(customer.name, called, answered, *account(customer))
        for missing in {*expected} - {customer.name for customer in answer.customers}:
            self.history.see_absent(missing, called, answered)

    # Relationships and holds -----------------------------------------------------------------------------------------

    def _learn_relationship(self, called, answered, relationship) -> None:
        name, count = relationship.name, relationship.termination_hold_count
        self.history.see_state(name, called, answered, relationship.revision, relationship.state)
        self.history.see(holds_of(name), called, answered, lambda holds: len(holds) == count, f"{count} holds")
        self._revisions[name] = (relationship.revision, relationship.etag)

    def _relationship(self, partner, customer: str) -> None:
        if read := self.read(
            partner, f"{RELATIONSHIPS}/GetCustomerRelationship", {"name": relationship_of(customer)}
        ):
            self._learn_relationship(*read)

    def _terminate(self, partner, customer: str) -> None:
        relationship = relationship_of(customer)
        revision, etag = self._revisions.get(relationship, (0, "")) if self.random.random() < 0.3 else (0, "")

        def learn(called, answered, ended):
            self._learn_relationship(called, answered, ended)
            self._ended.add(relationship)

        def no_more(*times):
            self.history.see(relationship, *times, lambda state: state is not None and state[1] != ACTIVE, "not active")

        self.write(
            partner, Write("terminate", key(), relationship, TERMINATING, revision),
            f"{RELATIONSHIPS}/TerminateCustomerRelationship", {"name": relationship, "etag": etag}, learn, {
                "ETAG_MISMATCH": lambda *times: self.history.see_later(relationship, *times, revision),
                "ALREADY_IN_STATE": no_more, "RELATIONSHIP_TERMINATING": no_more,
                "TERMINATION_HOLDS": lambda *times: self.history.see(holds_of(relationship), *times, bool, "held"),
            })  # fmt: skip

    def _hold_name(self, customer: str) -> str:
        return f"{holds_of(relationship_of(customer))}/{self.random.choice(['h1', 'h2'])}"

    def _hold(self, partner, customer: str) -> None:
        name, text = self._hold_name(customer), f"Owes {unique()}."
        chain = holds_of(relationship_of(customer))

        def learn(called, answered, hold):
            state = hold.revision, hold.description
            self.history.see(chain, called, answered, lambda holds: holds.get(name) == state, f"{name} {state}")

        def refused(state):
            return lambda *times: self.history.see(
                relationship_of(customer), *times, lambda at: at is not None and at[1] == state, f"state {state}"
            )

        def done_and_gone(called, answered) -> bool:
            self.history.see(chain, called, answered, lambda holds: name not in holds, f"without {name}")
            return True

        self.write(
            partner, Write("hold", key(), name, text), f"{HOLDS}/UpsertTerminationHold",
            {"termination_hold": {"name": name, "kind": "HOLD_KIND_BILLING", "description": text}}, learn, {
                "RELATIONSHIP_TERMINATING": refused(TERMINATING), "RELATIONSHIP_TERMINATED": refused(TERMINATED),
                "TERMINATION_HOLD_NOT_FOUND": done_and_gone,
            }, certificate="billing")  # fmt: skip

    def _release(self, partner, customer: str) -> None:
        name, chain = self._hold_name(customer), holds_of(relationship_of(customer))

        def absent(called, answered):
            self.history.see(chain, called, answered, lambda holds: name not in holds, f"without {name}")

        self.write(partner, Write("release", key(), name), f"{HOLDS}/DeleteTerminationHold", {"name": name},
                   lambda *_: None, {"TERMINATION_HOLD_NOT_FOUND": absent}, certificate="billing")  # fmt: skip

    def _holds(self, partner, customer: str) -> None:
        chain = holds_of(relationship_of(customer))
        if read := self.read(partner, f"{HOLDS}/ListTerminationHolds", {"parent": relationship_of(customer)}):
            found = {hold.name: (hold.revision, hold.description) for hold in read[2].termination_holds}
            self.history.see(chain, *read[:2], lambda holds: holds == found, f"{found}")

    # Invitations -----------------------------------------------------------------------------------------------------

    def _draft(self, partner) -> None:
        invitation = {"kind": "INVITATION_KIND_RESELLER", "target": {"email": "ann@contoso.example"}, "message": "Hi."}
        self.write(partner, Write("draft", key()), f"{INVITATIONS}/CreateInvitation",
                   {"parent": partner.name, "invitation": invitation}, lambda *_: None, {})  # fmt: skip
