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
import socket
import sys
import threading
import time


def render(job: dict, request: dict) -> tuple[bytes, int]:
    body = request.get("body", "").encode()
    headers = {"Host": f"{job['host']}:{job['port']}", "Content-Length": str(len(body)), **request.get("headers", {})}
    head = f"{request['method']} {request['path']} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    return head.encode() + b"\r\n" + body, request.get("expect", 200)


def quick_ack(sock: socket.socket) -> None:
    # Linux clears the flag by itself, so it is set again before each read.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def read_answer(sock: socket.socket, rest: bytes) -> tuple[int, int, bytes]:
    """Status, bytes of body, and what was read past the answer."""
    data = rest
    while b"\r\n\r\n" not in data:
        quick_ack(sock)
        got = sock.recv(1 << 16)
        if not got:
            raise ConnectionError("closed while reading the head")
        data += got
    head, _, data = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split(" ")[1])
    headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return read_chunks(sock, data, status)
    length = int(headers.get("content-length", 0))
    have = len(data)
    if have > length:
        return status, length, data[length:]
    while have < length:
        quick_ack(sock)
        got = sock.recv(1 << 18)
        if not got:
            raise ConnectionError("closed while reading the body")
        have += len(got)
    return status, length, b""


def read_chunks(sock: socket.socket, data: bytes, status: int) -> tuple[int, int, bytes]:
    total = 0
    while True:
        while b"\r\n" not in data:
            quick_ack(sock)
            data += sock.recv(1 << 18)
        size_text, _, data = data.partition(b"\r\n")
        size = int(size_text, 16)
        while len(data) < size + 2:
            quick_ack(sock)
            data += sock.recv(1 << 18)
        data = data[size + 2 :]
        if size == 0:
            return status, total, data
        total += size


def run_client(job: dict, requests: list[tuple[bytes, int]], gate: threading.Barrier, out: dict) -> None:
    sock = socket.create_connection((job["host"], job["port"]))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    latencies, received, errors, rest = [], 0, [], b""
    gate.wait()
    for data, expect in requests:
        start = time.perf_counter()
        sock.sendall(data)
        status, length, rest = read_answer(sock, rest)
        latencies.append((time.perf_counter() - start) * 1e3)
        received += length
        if status != expect:
            errors.append(status)
    sock.close()
    out["latencies"] += latencies
    out["bytes_in"] += received
    out["errors"] += errors


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    clients = [[render(job, request) for request in requests] for requests in job["clients"]]
    out: dict = {"latencies": [], "bytes_in": 0, "errors": []}
    gate = threading.Barrier(len(clients) + 1)
    threads = [threading.Thread(target=run_client, args=(job, requests, gate, out)) for requests in clients]
    for thread in threads:
        thread.start()
    gate.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "latencies_ms": out["latencies"], "bytes_in": out["bytes_in"], "errors": out["errors"]}))


if __name__ == "__main__":
    main()
