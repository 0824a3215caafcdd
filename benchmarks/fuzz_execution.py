"""Bytes that a hostile program could write, against every parser that reads them, for as long as asked.

    python benchmarks/fuzz_execution.py --minutes 60 --seed 0

Each input is a valid message or report with bytes changed, cut, repeated or spliced, or values nested and
enlarged. A parser may refuse it in the one way it says, and in a time that grows with its length; any
other exception, and any parse slower than a second, is printed and makes the exit code 1.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable

from codetune.execution.box.process.python_program import END, UNSIGNED
from codetune.execution.box.strict.channel import ChannelClosed, parse_message
from codetune.execution.box.strict.codec import NotSerializable, decode, encode
from codetune.execution.box.supervise import parse_report

_SECRET = b"0123456789abcdef" * 2
_SLOWEST_SECONDS = 1.0
_SEEDS = [
    ["ready"],
    ["", "callable", None],
    ["out", "value", encode([1, 2.5, "x", None, True, (1,), {1: 2}, {3}, b"x", 10**30, 1j]), None],
    ["", "value", ["D", 0, "123", -2], ["l", [["Q", 1, 3], ["T", "datetime", "2000-01-01T00:00:00", 1]]]],
    ["", "value", ["q", [1, 2], 3], ["l", [["r", 0, 10, 2], ["E", 1, 2, 3], ["e", True], ["I", [1]]]]],
    ["", "error", ["ValueError", "Exception", "BaseException", "object"], "no"],
    ["", "value", ["dC", [["a", 1]]], ["l", [["dO", [["b", ["o", 3]]]], ["z", [1]], ["f", "nan"]]]],
]
_TAGS = [
    "f",
    "i",
    "l",
    "t",
    "d",
    "dC",
    "dO",
    "s",
    "z",
    "c",
    "b",
    "B",
    "q",
    "r",
    "D",
    "Q",
    "T",
    "E",
    "e",
    "I",
    "o",
]
_ATOMS = [
    None, True, 0, -1, 1 << 59, 1 << 60, -(1 << 64), 10**400, 1.5, 1e308, "", "x", "0x" + "f" * 4000, "-0x1", "nan",
    "2000-01-01", "9" * 5000, "\ud800", "F", "n", 2**61 - 1, [], {},
]  # fmt: skip


def _value(draw: random.Random, depth: int = 0) -> object:
    kind = draw.random()
    if depth > 5 or kind < 0.4:
        return draw.choice(_ATOMS)
    if kind < 0.45:
        nested: object = draw.choice(_ATOMS)
        for _ in range(draw.choice((10, 199, 201, 400))):
            nested = [draw.choice(("l", "t", "I")), [nested]]
        return nested
    if kind < 0.5:
        step = draw.choice((1, 2**61 - 1, 1 << 32))
        return [draw.choice(("s", "z")), [n * step for n in range(draw.choice((3, 30, 3000)))]]
    parts = [_value(draw, depth + 1) for _ in range(draw.randrange(4))]
    return [draw.choice(_TAGS), *draw.choice(([parts], parts))]


def _mutated(draw: random.Random, text: bytes) -> bytes:
    data = bytearray(text)
    for _ in range(draw.choice((0, 1, 1, 2, 5, 20))):
        at = draw.randrange(len(data) + 1)
        match draw.randrange(5):
            case 0:
                data[at : at + 1] = bytes([draw.randrange(256)])
            case 1:
                del data[at : at + draw.randrange(8)]
            case 2:
                data[at:at] = data[at : at + draw.randrange(40)] * draw.choice((1, 2, 50))
            case 3:
                data[at:at] = draw.choice(
                    (b"[", b"]", b"{", b'"', b",", b"\\u0000", b"e999999999", b"NaN", b"-" * 32)
                )
            case 4:
                data[at:at] = b"[" * draw.choice((1, 100, 100_000))
    return bytes(data)


def _message(text: bytes) -> None:
    try:
        message = parse_message(text)
    except ChannelClosed:
        return
    for part in message:
        try:
            made = decode(part, lambda number: object())
        except NotSerializable:
            continue
        repr(type(made))
        try:
            hash(made)
        except TypeError:
            continue


def _report(text: bytes) -> None:
    for sign in (UNSIGNED, _SECRET, b""):
        report = parse_report(sign + text, _SECRET)
        if report is not None and report["kind"] == "end":
            assert _SECRET + END in sign + text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    count: Counter[str] = Counter()
    faults, slowest = 0, 0.0
    end = time.monotonic() + 60 * options.minutes
    while time.monotonic() < end:
        seed = draw.choice(_SEEDS) if draw.random() < 0.5 else ["", "value", _value(draw), _value(draw)]
        text = _mutated(draw, json.dumps(seed).encode())
        for name, parse in (("messages", _message), ("reports", _report)):
            seconds = _seconds(parse, text, name)
            faults += seconds is None or seconds > _SLOWEST_SECONDS
            slowest = max(slowest, seconds or 0.0)
            count[name] += 1
    print(
        f"{dict(count)} in {options.minutes:g} minutes, {faults} faults, slowest parse {slowest:.3f} s of CPU"
    )
    sys.exit(1 if faults else 0)


def _seconds(parse: Callable[[bytes], None], text: bytes, name: str) -> float | None:
    """CPU seconds of one parse; None where it raised."""
    began = time.process_time()
    try:
        parse(text)
    except BaseException as error:
        print(f"{name}: {type(error).__name__}: {error}: {text[:200]!r}", flush=True)
        return None
    seconds = time.process_time() - began
    if seconds > _SLOWEST_SECONDS:
        print(f"{name}: {seconds:.2f} s: {text[:200]!r}", flush=True)
    return seconds


if __name__ == "__main__":
    main()
