"""Many Java or C++ programs compiled and started as one, since starting the compiler and reading headers take longest.

    Java   program 7 ─▶ its imports to the top, its types into `class P7 { ... }` ─┐
    C++    program 7 ─▶ standard headers to the top, the rest into `namespace P7`  ─┴▶ a main that calls P0 ... P24

Programs of one batch have the same imports, so that no name means two things. A batch can only say that a program passes:
those that a compiler's error stands in are taken out and the rest is tried again, and all that no batch passed is run alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from codetune.execution.protocol import Executor, Limits, Program
from codetune.records import Verdict

__all__ = ["BATCHED", "passed_in_batches"]

_SIZE, _TRIES = 25, 4
_LIMITS = Limits(cpu_seconds=60.0, memory_bytes=4 << 30)
_IMPORT = re.compile(r"^import\s[^\n;]+;[ \t]*$", re.MULTILINE)
_TOP = re.compile(r"^(?=(?:(?:public|abstract|final|sealed|non-sealed|strictfp)\s+)*class\s)", re.MULTILINE)
_HEADER = re.compile(
    r"^[ \t]*#[ \t]*include[ \t]*<((?!ciso646)[a-z_]+|(?:std\w+|string|limits|math|ctype|float|wchar|errno|time)\.h)>[^\n]*$",
    re.MULTILINE,
)
_MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.MULTILINE)
_MAIN = re.compile(r"^int main\(\) \{", re.MULTILINE)
_ERROR = re.compile(r"^\w+\.\w+:(\d+):(?:\d+:)? (?:fatal )?error:", re.MULTILINE)

Batch = tuple[str, list[int]]
"""The text, and the line that each program begins at, from 1."""


def passed_in_batches(programs: Sequence[Program], executor: Executor) -> set[str]:
    """Ids of the programs that pass in a batch with others; all of one language of `BATCHED`."""
    passed: set[str] = set()
    alike: dict[tuple[str, ...], list[Program]] = {}
    for program in programs:
        shared = (_IMPORT if program.language == "java" else _HEADER).findall(program.code)
        alike.setdefault(tuple(sorted(set(shared))), []).append(program)
    batches = [same[at : at + _SIZE] for same in alike.values() for at in range(0, len(same), _SIZE)]
    for left in batches:
        for _ in range(_TRIES):
            if len(left) < 2:
                break
            language = left[0].language
            text, starts = BATCHED[language]([program.code for program in left])
            (ran,) = executor.run([Program(id="batch", code=text, language=language, limits=_LIMITS)])
            if ran.verdict is Verdict.PASS:
                passed.update(program.id for program in left)
                break
            lines = [int(line) for line in _ERROR.findall(f"{ran.stdout}\n{ran.stderr}\n{ran.detail}")]
            faulty = {max((n for n, at in enumerate(starts) if at <= line), default=0) for line in lines}
            if not faulty:
                break
            left = [program for n, program in enumerate(left) if n not in faulty]
    return passed


def _java(programs: Sequence[str]) -> Batch:
    calls = "\n".join(f"        P{n}.Main.main(args);" for n in range(len(programs)))
    head = "\n".join(_IMPORT.findall(programs[0])) + (
        f"\npublic class Main {{\n    public static void main(String[] args) throws Exception {{\n{calls}\n    }}\n}}\n"
    )
    own = [_TOP.sub("static ", _IMPORT.sub("", program)) for program in programs]
    return _joined(head, [f"class P{n} {{\n{text}\n}}\n" for n, text in enumerate(own)], "")


def _cpp(programs: Sequence[str]) -> Batch:
    headers = "".join(f"#include <{name}>\n" for name in sorted(set(_HEADER.findall(programs[0]))))
    own = []
    for n, program in enumerate(programs):
        after = "".join(f"#undef {name}\n" for name in dict.fromkeys(_MACRO.findall(program)))
        text = _MAIN.sub("int started() {", _HEADER.sub("", program))
        own.append(f"namespace P{n} {{\n{text}\n}}\n{after}")
    calls = "".join(f"    P{n}::started();\n" for n in range(len(programs)))
    return _joined(headers, own, f"int main() {{\n{calls}    return 0;\n}}\n")


def _joined(head: str, programs: Sequence[str], end: str) -> Batch:
    text, starts = head, []
    for program in programs:
        starts.append(text.count("\n") + 1)
        text += program
    return text + end, starts


BATCHED: dict[str, Callable[[Sequence[str]], Batch]] = {"java": _java, "cpp": _cpp}
