"""SIGTERM under load: a second replica of customer-service, beside the suite's own, is stopped while it is called."""

import pathlib
import signal
import sys
import threading
import time
import unittest
import uuid

import grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from cell import NOT_SERVING, Replica  # noqa: E402
from partner import Partner, suite  # noqa: E402
from suite import new_customer  # noqa: E402

CREATE = "customer.v1.CustomerService/CreateCustomer"


class CalledReplica(Replica):
    """customer-service once more, on the same database, and a channel to it alone."""

    def __init__(self):
        super().__init__("customer", place=1)
        self.channel = grpc.secure_channel(self.address, suite.credentials(""),
                                           options=[("grpc.ssl_target_name_override", "customer-service")])  # fmt: skip

    def call(self, path, fields, token):
        """An outcome: OK, or the error's code and reason."""
        method = suite.contract.method("clientele." + path)
        invoke = self.channel.unary_unary(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=lambda message: message.SerializeToString(),
        )
        try:
            invoke(suite.request(method, fields), metadata=[("authorization", f"Bearer {token}")], timeout=10)
            return "OK"
        except grpc.RpcError as error:
            told = suite.error(error)
            return f"{told.code}/{told.reason}"


class ShutdownTest(unittest.TestCase):
    def replica(self, *flags):
        replica = CalledReplica()
        self.addCleanup(replica.close)
        return replica.start(*flags)

    def test_open_calls_end_and_new_ones_go_elsewhere(self):
        replica = self.replica("--drain_delay=1s", "--shutdown_grace=10s")
        partner, outcomes, stop = Partner(), [], threading.Event()

        def create():
            while not stop.is_set():
                request = {"parent": partner.name, "customer": new_customer(), "request_id": str(uuid.uuid4())}
                outcomes.append((replica.call(CREATE, request, partner.token), request))

        threads = [threading.Thread(target=create) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        replica.signal(signal.SIGTERM)
        time.sleep(0.3)
        self.assertEqual(replica.health(), NOT_SERVING, "balancers are told before calls are refused")
        self.assertEqual(replica.wait(20), 0)
        stop.set()
        for thread in threads:
            thread.join()

        kinds = {outcome for outcome, _ in outcomes}
        self.assertIn("OK", kinds)
        # Refused by the service that drains, by the port that is closed, or by gRPC in between.
        self.assertLessEqual(kinds, {"OK", "UNAVAILABLE/SHUTTING_DOWN", "UNAVAILABLE/", "CANCELLED/"}, kinds)
        # Whoever was refused goes to another replica with the same key: one effect.
        for outcome, request in [one for one in outcomes if one[0] != "OK"][:4]:
            made = suite.call(CREATE, request, token=partner.token)
            self.assertEqual(suite.call(CREATE, request, token=partner.token).name, made.name)

    def test_a_call_that_takes_longer_than_a_moment_ends_by_itself(self):
        replica = self.replica("--drain_delay=0s", "--shutdown_grace=10s")
        answered = []
        request = {"parent": "partners/-", "from_end": False, "wait_seconds": 1, "type_prefixes": ["nothing."]}
        # The first poll finds the feed's end, the second waits there for its second.
        end = suite.call("event.v1.EventService/ListEvents", {"parent": "partners/-", "from_end": True},
                         token=suite.operator(), service="customer").position  # fmt: skip
        request["after_position"] = end
        poll = threading.Thread(
            target=lambda: answered.append(
                replica.call("event.v1.EventService/ListEvents", request, suite.operator())
            )
        )
        poll.start()
        time.sleep(0.3)
        replica.signal(signal.SIGTERM)
        poll.join(timeout=10)
        self.assertEqual(answered, ["OK"])
        self.assertEqual(replica.wait(10), 0)

    def test_a_second_signal_hurries(self):
        replica = self.replica("--drain_delay=60s", "--shutdown_grace=60s")
        replica.signal(signal.SIGTERM)
        time.sleep(0.2)
        self.assertIsNone(replica.process.poll())
        replica.signal(signal.SIGTERM)
        self.assertEqual(replica.wait(10), 0)


if __name__ == "__main__":
    unittest.main()
