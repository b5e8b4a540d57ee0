"""Sends prepared HTTP requests over kept-open connections and reports how long each took.

One job is a JSON file: ``{"host", "port", "clients": [[{"method", "path", "headers", "body", "expect"}, ...], ...]}``;
each inner list is sent in order by one client on one connection, all clients at once. Prints one JSON line:
``{"seconds", "latencies_ms", "bytes_in", "errors"}``.

The same code drives Cellkeep and its peers. Requests are rendered to bytes before the clock starts, and the socket
acknowledges at once (``TCP_QUICKACK``): a server that leaves small answers to Nagle's algorithm would otherwise wait
40 ms for each, and beating that shows nothing.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time


def render(job: dict, request: dict) -> tuple[bytes, int]:
    body = request.get("body", "").encode()
    headers = {
        "Host": f"{job['host']}:{job['port']}",
        "Content-Length": str(len(body)),
        **request.get("headers", {}),
    }
    head = f"{request['method']} {request['path']} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    return head.encode() + b"\r\n" + body, request.get("expect", 200)


def quick_ack(sock: socket.socket) -> None:
    # Linux clears the flag by itself, so it is set again before each read.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


class Client:
    """One connection: sends its requests in order, each after the answer to the one before."""

    def __init__(self, job: dict, requests: list[tuple[bytes, int]]) -> None:
        self.requests = iter(requests)
        self.latencies: list[float] = []
        self.errors: list[int] = []
        self.received = 0
        self.sock = socket.create_connection((job["host"], job["port"]))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send_next(self) -> bool:
        """Whether there was one more to send."""
        request = next(self.requests, None)
        if request is None:
            self.sock.close()
            return False
        data, self.expect = request
        self.head = b""
        self.status = 0
        self.missing = -1  # bytes of the body that are still to come; -1: its head is
        self.tail: bytes | None = None  # of a chunked body: its last bytes
        self.start = time.perf_counter()
        # The server reads while we write, and writes only after: a blocking send cannot wait for ever.
        self.sock.sendall(data)
        return True

    def read(self) -> bool:
        """Reads what has come. Returns whether the answer is whole."""
        quick_ack(self.sock)
        got = self.sock.recv(1 << 18)
        if not got:
            raise ConnectionError("closed while reading an answer")
        if self.missing < 0 and self.tail is None:
            self.head += got
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return False
            got = self.read_head(end)
        self.received += len(got)
        if self.tail is None:
            self.missing -= len(got)
            whole = self.missing == 0
        else:
            self.tail = (self.tail + got)[-5:]
            whole = self.tail == b"0\r\n\r\n"
        if whole:
            self.latencies.append((time.perf_counter() - self.start) * 1e3)
            if self.status != self.expect:
                self.errors.append(self.status)
        return whole

    def read_head(self, end: int) -> bytes:
        """Returns what came of the body."""
        head = self.head[:end].lower()
        self.status = int(head[9:12])
        if b"\r\ntransfer-encoding: chunked" in head:
            self.tail = b""
        else:
            at = head.find(b"\r\ncontent-length:")
            self.missing = 0 if at < 0 else int(head[at + 17 :].split(b"\r\n", 1)[0])
        return self.head[end + 4 :]


def run(clients: list[Client]) -> None:
    """All at once, in one thread: threads would wait for each other, and the servers for them."""
    poll = select.epoll()
    waiting = {client.sock.fileno(): client for client in clients}
    for number, client in list(waiting.items()):
        if client.send_next():
            poll.register(number, select.EPOLLIN)
        else:
            del waiting[number]
    while waiting:
        for number, _ in poll.poll():
            client = waiting[number]
            if client.read() and not client.send_next():
                del waiting[number]


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    clients = [Client(job, [render(job, request) for request in requests]) for requests in job["clients"]]
    start = time.perf_counter()
    run(clients)
    seconds = time.perf_counter() - start
    all_of = {
        "seconds": seconds,
        "latencies_ms": [one for client in clients for one in client.latencies],
        "bytes_in": sum(client.received for client in clients),
        "errors": [one for client in clients for one in client.errors],
    }
    print(json.dumps(all_of))


if __name__ == "__main__":
    main()
