"""Judges a history: each resource is linearizable, with its etag as compare-and-set; each request has one effect; feeds
tell every write once and in order; no relationship ends under a hold.

The feed gives each resource's chain of states, since revisions are dense. What remains is to find times t1 < t2 < … at
which the chain went on: each within call and answer of its write, and such that every answer was true at some time
between its call and itself. All bounds are intervals, so that taking each as early as can be finds times if there are
any. Only an answer that fits states which do not follow each other is judged by itself.
"""

import collections
import math

from history import ACTIVE, TERMINATING, Copied, Event, History, Seen, Write

# Events of each kind of write, by what they change: one of each.
EFFECTS = {
    "create": (("customer.created",), ("relationship.activated",)),
    "update": (("customer.updated",),),
    "hold": (("hold.created", "hold.updated"),),
    "release": (("hold.deleted",),),
    "terminate": (("relationship.terminating",), ("customer.ended",), ("relationship.terminated",)),
    "draft": (("invitation.created",),),
}
MAIN = {kind: effects[0] for kind, effects in EFFECTS.items()}

# What can be wrong.
LOST = "an acknowledged write is in no feed"
TWICE = "a request had its effect twice"
GHOST = "an event of a write that was refused, or of nobody's"
PARTIAL = "a write was done in part"
VALUE = "an event tells another value than its write"
COMPARE = "a write replaced another revision than its etag's"
ORDER = "events of a subject are out of order, twice or with a gap"
TIME = "no order of the writes fits the times and what was read"
FEED = "a reader of the feed missed an event, or got another"
DOMAIN = "a domain was given twice, or refused although free"
HOLD = "a relationship ended under a hold"
STALE = "an answer did not know what its caller had seen"


class Chain:
    """The states of a resource, and between which times each can have begun. State 0 is before the first event."""

    def __init__(self, name: str, events: list, writes: dict):
        self.name = name
        self.events = sorted(events, key=lambda event: (event.generation, event.revision))
        self.holds = name.endswith("/terminationHolds")
        self.states = [{} if self.holds else None]
        self.low, self.high = [-math.inf], [-math.inf]
        for event in self.events:
            self.states.append(self._after(event))
            write = writes.get(event.request_id)
            self.low.append(write.earliest() if write else -math.inf)
            self.high.append(write.latest() if write else math.inf)

    def _after(self, event: Event):
        if not self.holds:
            return event.revision, event.value
        rest = {name: hold for name, hold in self.states[-1].items() if name != event.subject}
        return rest if event.value is None else {**rest, event.subject: (event.revision, event.value)}

    def runs(self, seen: Seen) -> list:
        """Stretches of states, from the first to the last of each, that fit what was seen."""
        found = []
        for place, state in enumerate(self.states):
            if seen.fits(state):
                if found and found[-1][1] == place - 1:
                    found[-1][1] = place
                else:
                    found.append([place, place])
        return found

    def bound(self, first: int, last: int, seen: Seen) -> None:
        self.high[first] = min(self.high[first], seen.answered)
        if last + 1 < len(self.states):
            self.low[last + 1] = max(self.low[last + 1], seen.called)

    def judge(self, seen: list) -> list:
        """The answers that cannot be, and the event that no time is left for."""
        wrong, open_cases = [], []
        for each in seen:
            runs = self.runs(each)
            if not runs:
                wrong.append(f"{self.name}: never was {each.text}")
            elif len(runs) == 1:
                self.bound(*runs[0], each)
            else:
                open_cases.append((each, runs))
        earliest, latest = list(self.low), list(self.high)
        for place in range(1, len(self.states)):
            earliest[place] = max(earliest[place - 1], self.low[place])
            if earliest[place] > self.high[place]:
                return [*wrong, f"{self.name}: no time is left for {self.events[place - 1]}"]
        for place in range(len(self.states) - 2, 0, -1):
            latest[place] = min(latest[place], latest[place + 1])
        return wrong + [f"{self.name}: was not {each.text} then" for each, runs in open_cases
                        if not any(earliest[first] <= each.answered and (last + 1 == len(self.states)
                                   or latest[last + 1] >= each.called) for first, last in runs)]  # fmt: skip


class Checker:
    def __init__(self, history: History):
        self._history = history
        self._writes = {write.request_id: write for write in history.writes}
        self._events = [event for events in history.whole.values() for event in events]
        self._by_request = collections.defaultdict(list)
        for event in self._events:
            self._by_request[event.request_id].append(event)
        by_chain = collections.defaultdict(list)
        for event in self._events:
            by_chain[event.chain].append(event)
        self.chains = {name: Chain(name, events, self._writes) for name, events in by_chain.items()}
        self.findings = []

    def check(self) -> list:
        """Everything that is wrong: (what, where)."""
        for event in self._events:
            write = self._writes.get(event.request_id)
            if write is None or not write.may_have_happened():
                self._find(GHOST, event)
        for write in self._history.writes:
            self._check_effects(write)
        self._check_domains()
        self._check_feeds()
        self._check_times()
        for chain in self.chains.values():
            self._check_holds(chain)
        for copied in self._history.copied:
            self._check_copy(copied)
        return self.findings

    def kinds(self) -> set:
        return {what for what, _ in self.findings}

    def _find(self, what: str, where) -> None:
        self.findings.append((what, str(where)))

    def _check_effects(self, write: Write) -> None:
        """One effect of a request at most, and of an acknowledged one at least."""
        events = self._by_request[write.request_id]
        counts = [sum(event.type in types for event in events) for types in EFFECTS[write.kind]]
        resources = {attempt.resource for attempt in write.attempts if attempt.resource}
        if max(counts) > 1 or len(resources) > 1:
            self._find(TWICE, f"{write} {events}")
        elif write.acknowledged() and 0 in counts:
            self._find(LOST, write)
        elif 0 < sum(counts) < len(counts):
            self._find(PARTIAL, f"{write} {events}")
        for event in events:
            if event.type not in MAIN[write.kind]:
                continue
            if (write.value or event.value) != event.value or (write.changed or event.changed) != event.changed:
                self._find(VALUE, f"{write} {event}")
            if write.etag and event.revision != write.etag + 1:
                self._find(COMPARE, f"{write} {event}")

    def _check_domains(self) -> None:
        asked = collections.defaultdict(list)
        for write in self._history.writes:
            if write.domain:
                asked[write.domain].append(write)
        for domain, writes in asked.items():
            made = [write for write in writes if self._by_request[write.request_id]]
            refused = [write for write in writes if not write.may_have_happened()]
            if len(made) > 1 or (refused and len(refused) == len(writes)):
                self._find(DOMAIN, f"{domain}: {made or refused}")

    def _check_feeds(self) -> None:
        for service, whole in self._history.whole.items():
            polled = self._history.polled.get(service, [])
            ids = [event.id for event in whole]
            missed = set(ids) ^ {event.id for event in polled}
            if missed:
                self._find(FEED, f"{service}: {[event for event in whole + polled if event.id in missed]}")
            self._check_order(polled)
            self._check_order(whole)
            if len(set(ids)) < len(ids):
                self._find(ORDER, f"{service}: an id twice")
        for chain in self.chains.values():
            revisions = [event.revision for event in chain.events]
            if revisions != list(range(revisions[0], revisions[0] + len(revisions))):
                self._find(ORDER, f"{chain.name}: revisions {revisions}")

    def _check_order(self, events: list) -> None:
        last = {}
        for event in events:
            place = (event.generation, event.revision)
            if place <= last.get(event.subject, (0, 0)):
                self._find(ORDER, f"{event} after {last[event.subject]}")
            last[event.subject] = place

    def _check_times(self) -> None:
        seen = collections.defaultdict(list)
        for each in self._history.seen:
            seen[each.chain].append(each)
        for name in {*seen, *self.chains}:
            chain = self.chains.setdefault(name, Chain(name, [], self._writes))
            for text in chain.judge(seen[name]):
                self._find(TIME, text)

    def _check_holds(self, holds: Chain) -> None:
        """Once an end has begun no hold stands or changes any more; so each was removed before it."""
        relationship = self.chains.get(holds.name.removesuffix("/terminationHolds"))
        if not holds.holds or relationship is None:
            return
        for place, state in enumerate(relationship.states):
            if state is not None and state[1] == TERMINATING:
                late = [event for event, low in zip(holds.events, holds.low[1:]) if low > relationship.high[place]]
                if holds.states[-1] or late:
                    self._find(HOLD, f"{holds.name}: {holds.states[-1]} {late}")

    def _check_copy(self, copied: Copied) -> None:
        """States of one generation only go up."""
        if not ACTIVE <= copied.known <= copied.state:
            self._find(STALE, copied)
