"""A gate between a client and its server, TCP or Unix socket, that a test can make as bad as a network is.

    gate = Gate(("127.0.0.1", 19471), ("127.0.0.1", 19411))     or paths of Unix sockets
    gate.delay = 0.2                                            from now on, in both directions
    gate.pass_all()                                             good again

Every fault holds for connections that are open and for those to come. Thread-safe.
"""

import os
import random
import select
import socket
import threading
import time

CHUNK = 16 * 1024


def make_socket(address) -> socket.socket:
    return socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET, socket.SOCK_STREAM)


class Gate:
    def __init__(self, listen, target):
        self.listen, self.target = listen, target
        self.passed = 0  # connections that came through
        self.lost_answers = 0  # connections closed by `lose_answer_to`
        self._lock = threading.Lock()
        self._links = set()
        self._listener = None
        self.pass_all()

    # What a test sets ------------------------------------------------------------------------------------------------

    def pass_all(self) -> None:
        """Ends every fault; connections stay."""
        self.delay = 0.0  # seconds that each chunk waits
        self.bytes_per_second = 0  # 0: no limit
        self.cut_after = None  # bytes of answers after which a connection is closed in the middle of a message
        self.chunk = CHUNK  # bytes that are passed on at once
        self.hold = False  # takes in and passes nothing on: a peer that is there and does not answer
        self.garbage = False  # random bytes in place of the answers
        self.lose_answer_to = None  # bytes: the request that holds them is passed on, its answer is not
        self.open()

    def lose_next_answer_to(self, mark: bytes) -> None:
        """Once: the server gets the request that holds `mark`, and the connection closes when it has answered."""
        self.lose_answer_to = mark

    def refuse(self) -> None:
        """Nobody listens any more; what is open is closed."""
        with self._lock:
            if self._listener is not None:
                self._listener.shutdown(socket.SHUT_RDWR)
                self._listener.close()
                self._listener = None
        self.close_links()

    def ignore(self) -> None:
        """The kernel takes connections, nobody accepts them; what is open is closed."""
        self.refuse()
        self._bind(accept=False)

    def open(self) -> None:
        with self._lock:
            listening = self._listener is not None and self._accepting
        if not listening:
            self.refuse()
            self._bind(accept=True)

    def close_links(self) -> None:
        """Cuts every open connection."""
        with self._lock:
            links, self._links = self._links, set()
        for link in links:
            link.close()

    def close(self) -> None:
        self.refuse()
        if isinstance(self.listen, str) and os.path.exists(self.listen):
            os.unlink(self.listen)

    # How it works ----------------------------------------------------------------------------------------------------

    def _bind(self, accept: bool) -> None:
        if isinstance(self.listen, str) and os.path.exists(self.listen):
            os.unlink(self.listen)
        listener = make_socket(self.listen)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(self.listen)
        if isinstance(self.listen, str):
            os.chmod(self.listen, 0o777)
        listener.listen(128)
        with self._lock:
            self._listener, self._accepting = listener, accept
        if accept:
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = make_socket(self.target)
            try:
                server.connect(self.target)
            except OSError:
                client.close()
                server.close()
                continue
            link = Link(self, client, server)
            with self._lock:
                self._links.add(link)
                self.passed += 1
            link.start()

    def forget(self, link) -> None:
        with self._lock:
            self._links.discard(link)


class Link:
    """One connection through a gate."""

    def __init__(self, gate, client, server):
        self._gate, self._client, self._server = gate, client, server
        self._answered = 0
        self._loses_answer = False

    def start(self) -> None:
        for way in ((self._client, self._server, self._request), (self._server, self._client, self._answer)):
            threading.Thread(target=self._pump, args=way, daemon=True).start()

    def close(self) -> None:
        for end in (self._client, self._server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def _pump(self, source, sink, change) -> None:
        gate = self._gate
        try:
            while True:
                while gate.hold:
                    time.sleep(0.02)
                # A fault that is set while it waits holds for what comes next, so it looks again now and then.
                if not select.select([source], [], [], 0.05)[0]:
                    continue
                data = source.recv(min(gate.chunk, CHUNK))
                if not data:
                    break
                if gate.delay:
                    time.sleep(gate.delay)
                if gate.bytes_per_second:
                    time.sleep(len(data) / gate.bytes_per_second)
                data, last = change(data)
                while gate.hold:
                    time.sleep(0.02)
                sink.sendall(data)
                if last:
                    break
        except (OSError, ValueError):
            pass
        self.close()
        gate.forget(self)

    def _request(self, data):
        mark = self._gate.lose_answer_to
        if mark and mark in data:
            self._gate.lose_answer_to = None
            self._loses_answer = True
        return data, False

    def _answer(self, data):
        gate = self._gate
        if self._loses_answer:
            gate.lost_answers += 1
            return b"", True
        if gate.garbage:
            return random.randbytes(len(data)), False
        if gate.cut_after is not None:
            left = gate.cut_after - self._answered
            if len(data) >= left:
                return data[: max(0, left)], True
        self._answered += len(data)
        return data, False
