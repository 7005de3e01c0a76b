"""Rolling restarts of each service with two replicas, under load: a client with the shipped service config sees no
failed call, and every call has one effect."""

import collections
import pathlib
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import grpc  # noqa: E402

from cell import MAX_REPLICAS, SERVICES, Cell, name_of  # noqa: E402
from chance import LONG, chance  # noqa: E402
from partner import CUSTOMERS, HOLDS, INVITATIONS, RELATIONSHIPS, Partner, key, relationship_of, suite  # noqa: E402
from suite import ROOT, new_customer, unique  # noqa: E402
from told import pages  # noqa: E402

CLIENTS = 4
ROUNDS = 6 if LONG else 1
# As Kubernetes' minReadySeconds: a channel tries an address that it lost again after 1 s, then after 1.6 s.
MIN_READY_SECONDS = 4
SERVICE_CONFIG = (ROOT / "deploy/clients/service_config.json").read_text()


class Client:
    """As another team's: channels to names, with the shipped service config, and nothing tried again by itself."""

    def __init__(self):
        self._channels = {
            service: grpc.secure_channel(name_of(service), suite.credentials("billing"),
                                         options=[("grpc.service_config", SERVICE_CONFIG)])
            for service in SERVICES
        }  # fmt: skip

    def call(self, path, fields, token=""):
        method = suite.contract.method("clientele." + path)
        invoke = self._channels[path.partition(".")[0]].unary_unary(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=suite.contract.message(method.output_type.full_name).FromString,
        )
        metadata = [("authorization", f"Bearer {token}")] if token else []
        try:
            return invoke(suite.request(method, fields), metadata=metadata, timeout=20)
        except grpc.RpcError as error:
            raise suite.error(error) from None

    def close(self):
        for channel in self._channels.values():
            channel.close()


class Worker(threading.Thread):
    """A client that goes through a customer's life again and again, until it is told to stop."""

    def __init__(self, number: int, ended: threading.Event):
        super().__init__()
        self.partner, self.client = Partner(), Client()
        self.made, self.failed, self.calls = [], [], collections.Counter()
        self._choice, self._ended = chance(f"client {number}"), ended

    def run(self):
        while not self._ended.is_set() and not self.failed:
            try:
                self._live()
            except Exception as error:  # noqa: BLE001 (whatever it is, it is what the test looks for)
                self.failed.append(error)
        self.client.close()

    def call(self, path, fields, by_service=False):
        answer = self.client.call(path, fields, "" if by_service else self.partner.token)
        self.calls[path.rpartition("/")[2]] += 1
        return answer

    def _live(self):
        made = self.call(f"{CUSTOMERS}/CreateCustomer", {
            "parent": self.partner.name, "customer": new_customer(), "request_id": key()})  # fmt: skip
        self.made.append(made.name)
        relationship = relationship_of(made.name)
        hold = f"{relationship}/terminationHolds/h1"
        steps = [
            lambda: self.call(f"{CUSTOMERS}/UpdateCustomer", {
                "customer": {"name": made.name, "company_name": "Contoso"}, "update_mask": "companyName",
                "request_id": key()}),
            lambda: self.call(f"{CUSTOMERS}/GetCustomer", {"name": made.name}),
            lambda: self.call(f"{CUSTOMERS}/ListCustomers", {"parent": self.partner.name, "page_size": 5}),
            lambda: self.call(f"{RELATIONSHIPS}/GetCustomerRelationship", {"name": relationship}),
            lambda: self.call(f"{INVITATIONS}/CreateInvitation", {
                "parent": self.partner.name, "request_id": key(), "invitation": {
                    "kind": "INVITATION_KIND_RESELLER", "target": {"email": f"{unique()}@contoso.example"}}}),
            lambda: self.call(f"{HOLDS}/UpsertTerminationHold", {"request_id": key(), "termination_hold": {
                "name": hold, "kind": "HOLD_KIND_BILLING", "description": "Owes money."}}, by_service=True),
        ]  # fmt: skip
        self._choice.shuffle(steps)
        for step in steps:
            step()


class RolloutTest(unittest.TestCase):
    def setUp(self):
        self.cell = Cell()
        self.addCleanup(self.cell.close)
        self.cell.start("--drain_delay=1s", "--shutdown_grace=15s", replicas=2)

    def restart(self, replica):
        self.assertEqual(replica.stop(30), 0, replica.log_file)
        replica.start(*self.cell.targets(replica.service, 2), "--drain_delay=1s", "--shutdown_grace=15s")

    def test_no_call_fails(self):
        stop = threading.Event()
        workers = [Worker(number, stop) for number in range(CLIENTS)]
        for worker in workers:
            worker.start()
        try:
            for _ in range(ROUNDS):
                for place in range(MAX_REPLICAS):
                    for service in SERVICES:
                        self.restart(self.cell.replicas[service][place])
                    time.sleep(MIN_READY_SECONDS)
        finally:
            stop.set()
            for worker in workers:
                worker.join()
        self.assertEqual([error for worker in workers for error in worker.failed], [])
        calls = sum((worker.calls for worker in workers), collections.Counter())
        self.assertGreater(min(calls.values()), 10, calls)
        for worker in workers:
            listed = pages(f"{CUSTOMERS}/ListCustomers", "customers", {"parent": worker.partner.name},
                           token=worker.partner.token)  # fmt: skip
            self.assertEqual(sorted(each.name for each in listed), sorted(worker.made), "one customer for each call")
        self.cell.settle()


if __name__ == "__main__":
    unittest.main()
