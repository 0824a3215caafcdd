"""A server that speaks the protocol and costs nothing: answers after a delay, or fails as told.

    python benchmarks/servers/loopback.py --delay 0.05
    python benchmarks/servers/loopback.py --faults 0.3 --journal answered.txt

It prints its URL once it listens (on a free port of 127.0.0.1). Written on the bare asyncio
protocol so that it is never the bottleneck of what is measured against it. With `--faults F` that
share of the requests ends in one of seven ways, drawn anew for each request: 429 with Retry-After,
500, no answer at all, a cut connection, half a JSON, no text, or text that ended at the limit.
GET /stats tells what was served and the server's own CPU seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
from collections import Counter
from pathlib import Path

TEXT = " ".join(f"def f{number}(x): return x + {number}" for number in range(24))
FAULTS = ("429", "500", "silence", "cut", "half", "empty", "length")
ROW = re.compile(rb"row (\d+)")


def completion(text: str, finish_reason: str = "stop") -> bytes:
    return json.dumps(
        {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": finish_reason,
                    "message": {"role": "assistant", "content": text},
                    "text": text,
                }
            ],
            "usage": {"prompt_tokens": 50, "completion_tokens": 200, "total_tokens": 250},
        }
    ).encode()


def response(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


GOOD = response(completion(TEXT))


class Server:
    """What all connections share."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.counts: Counter[str] = Counter()
        self.in_flight = 0
        self.random = random.Random(options.seed)
        self.journal = (
            os.open(options.journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if options.journal else None
        )
        if options.megabytes:
            self.good = response(completion("x" * (options.megabytes << 20)))
        elif options.text:
            self.good = response(completion(options.text))
        else:
            self.good = GOOD

    def stats(self) -> bytes:
        times = os.times()
        return response(json.dumps({**self.counts, "cpu": times[0] + times[1]}).encode())


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.loop = asyncio.get_running_loop()
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.server.counts["connections"] += 1

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            length = 0
            at = head.find(b"content-length:")
            if at >= 0:
                length = int(head[at + 15 :].split(b"\r\n", 1)[0])
            whole = end + 4 + length
            if len(self.buffer) < whole:
                return
            body, self.buffer = self.buffer[end + 4 : whole], self.buffer[whole:]
            self.answer(head, body)

    def answer(self, head: bytes, body: bytes) -> None:
        server = self.server
        if head.startswith(b"get"):
            if b"/stats" in head[:40]:
                self.transport.write(server.stats())
            else:
                self.transport.write(response(b'{"object":"list","data":[{"id":"m","object":"model"}]}'))
            return
        server.counts["requests"] += 1
        server.in_flight += 1
        server.counts["most in flight"] = max(server.counts["most in flight"], server.in_flight)
        fault = ""
        if server.options.faults and server.random.random() < server.options.faults:
            fault = server.random.choice(FAULTS)
        self.loop.call_later(server.options.delay, self.send, body, fault)

    def send(self, body: bytes, fault: str) -> None:
        server = self.server
        server.in_flight -= 1
        server.counts[fault or "good"] += 1
        if self.transport.is_closing():
            return
        if fault == "silence":
            return
        if fault in ("", "length") and server.journal is not None:
            row = ROW.search(body)
            os.write(server.journal, b"%s %s\n" % (row.group(1) if row else b"?", fault.encode() or b"good"))
        if fault == "429":
            self.transport.write(
                response(b'{"error":{"message":"slow down"}}', "429 Too Many Requests", "retry-after: 0\r\n")
            )
        elif fault == "500":
            self.transport.write(
                response(b'{"error":{"message":"out of order"}}', "500 Internal Server Error")
            )
        elif fault == "cut":
            self.transport.write(GOOD[: len(GOOD) // 2])
            self.transport.close()
        elif fault == "half":
            self.transport.write(response(completion(TEXT)[:100]))
        elif fault == "empty":
            self.transport.write(response(completion("")))
        elif fault == "length":
            self.transport.write(response(completion(TEXT[:40], "length")))
        else:
            self.transport.write(server.good)
        if server.options.close:
            self.transport.close()


async def serve(options: argparse.Namespace) -> None:
    server = Server(options)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: Connection(server), "127.0.0.1", options.port, backlog=4096)
    print(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1", flush=True)
    async with listening:
        await listening.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--delay", type=float, default=0.05, help="seconds before each answer")
    parser.add_argument("--faults", type=float, default=0.0, help="share of requests that fail, 0 to 1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--journal", type=Path, help="file that gets a line for each answer given")
    parser.add_argument("--close", action="store_true", help="close the connection after each answer")
    parser.add_argument("--megabytes", type=int, default=0, help="size of each answer's text")
    parser.add_argument("--text", help="what each answer says")
    parser.add_argument("--core", type=int, help="pin to this core")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    try:
        import uvloop

        run = uvloop.run
    except ImportError:
        run = asyncio.run
    run(serve(options))


if __name__ == "__main__":
    main()
