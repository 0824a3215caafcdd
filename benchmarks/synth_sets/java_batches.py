"""Many Java programs compiled and started as one, since starting the compiler takes longer than compiling.

    program 7 ─▶ its imports to the top, its types into `class P7 { ... }` ─▶ P0 ... P24 and a main that calls each

Programs of one batch have the same imports, so that no name means two things. A batch can only say that a program passes: those that a compiler's error stands in are taken out and the rest is tried
again, and all that no batch passed is run alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from codetune.execution.protocol import Executor, Limits, Program
from codetune.records import Verdict

__all__ = ["passed_in_batches"]

_SIZE, _TRIES = 25, 4
_LIMITS = Limits(cpu_seconds=60.0, memory_bytes=4 << 30)
_IMPORT = re.compile(r"^import\s[^\n;]+;[ \t]*$", re.MULTILINE)
_TOP = re.compile(r"^(?=(?:(?:public|abstract|final|sealed|non-sealed|strictfp)\s+)*class\s)", re.MULTILINE)
_ERROR = re.compile(r"^\w+\.java:(\d+): error:", re.MULTILINE)


def passed_in_batches(programs: Sequence[Program], executor: Executor) -> set[str]:
    """Ids of the programs that pass in a batch with others."""
    passed: set[str] = set()
    alike: dict[tuple[str, ...], list[Program]] = {}
    for program in programs:
        alike.setdefault(tuple(_IMPORT.findall(program.code)), []).append(program)
    batches = [same[at : at + _SIZE] for same in alike.values() for at in range(0, len(same), _SIZE)]
    for batch in batches:
        left = batch
        for _ in range(_TRIES):
            if len(left) < 2:
                break
            text, starts = _batch(left)
            (ran,) = executor.run([Program(id="batch", code=text, language="java", limits=_LIMITS)])
            if ran.verdict is Verdict.PASS:
                passed.update(program.id for program in left)
                break
            lines = [int(line) for line in _ERROR.findall(f"{ran.stdout}\n{ran.stderr}\n{ran.detail}")]
            faulty = {max((n for n, at in enumerate(starts) if at <= line), default=0) for line in lines}
            if not faulty:
                break
            left = [program for n, program in enumerate(left) if n not in faulty]
    return passed


def _batch(programs: Sequence[Program]) -> tuple[str, list[int]]:
    """The text, and the line that each program begins at, from 1."""
    imports = _IMPORT.findall(programs[0].code)
    calls = "\n".join(f"        P{n}.Main.main(args);" for n in range(len(programs)))
    text = "\n".join(imports) + (
        f"\npublic class Main {{\n    public static void main(String[] args) throws Exception {{\n{calls}\n    }}\n}}\n"
    )
    starts = []
    for n, program in enumerate(programs):
        starts.append(text.count("\n") + 1)
        text += f"class P{n} {{\n{_TOP.sub('static ', _IMPORT.sub('', program.code))}\n}}\n"
    return text, starts
