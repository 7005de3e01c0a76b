"""A name server for the replicas of a test's cell: <service>-service has one address for each, as a headless service of
Kubernetes has."""

import socket
import struct
import threading

A, INTERNET = 1, 1
NO_SUCH_NAME = 3


class NameServer:
    """Answers at 127.0.0.1:port until the process ends. `addresses`: name → IPv4 addresses."""

    def __init__(self, port: int, addresses: dict):
        self._addresses = addresses
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            query, client = self._socket.recvfrom(512)
            self._socket.sendto(self._answer(query), client)

    def _answer(self, query: bytes) -> bytes:
        labels, place = [], 12
        while query[place]:
            labels.append(query[place + 1 : place + 1 + query[place]].decode())
            place += 1 + query[place]
        kind = struct.unpack(">H", query[place + 1 : place + 3])[0]
        question = query[12 : place + 5]
        known = self._addresses.get(".".join(labels))
        answers = [socket.inet_aton(address) for address in known or ()] if kind == A else []
        flags = 0x8180 | (NO_SUCH_NAME if known is None else 0)
        head = query[:2] + struct.pack(">HHHHH", flags, 1, len(answers), 0, 0)
        # 0xC00C: the name stands in the question. Nobody keeps an answer.
        records = b"".join(struct.pack(">HHHIH", 0xC00C, A, INTERNET, 0, 4) + address for address in answers)
        return head + question + records
