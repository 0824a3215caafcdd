"""A contest problem's statement in, its samples out: what a program is given, and what it prints then."""

from __future__ import annotations

import re

__all__ = ["sample_cases"]

_BLOCK = r"\s*\n((?:[ ]{4}[^\n]*\n|[ \t]*\n)+)"
_INPUT = re.compile(rf"(?im)^(?:sample input|input example|入力例)[ ]*(\d*)[ ]*:?{_BLOCK}")
_OUTPUT = re.compile(
    rf"(?im)^(?:sample output|output example|出力例|output for (?:the )?sample input)[ ]*(\d*)[ ]*:?{_BLOCK}"
)


def sample_cases(statement: str) -> tuple[tuple[str, str], ...]:
    """Samples of a statement, in their order.

    Args:
        statement: Text in which code is indented by four blanks, as the source `codenet` gives it.

    Returns:
        (input, output) of each sample; empty where inputs and outputs can't be paired without doubt.
    """
    text = f"{statement}\n"
    given, printed = ({m[1]: _dedented(m[2]) for m in each.finditer(text)} for each in (_INPUT, _OUTPUT))
    if not given or given.keys() != printed.keys():
        return ()
    return tuple((given[number], printed[number]) for number in given)


def _dedented(block: str) -> str:
    lines = [line[4:] for line in block.rstrip().split("\n")]
    while lines and not lines[0].strip():
        lines.pop(0)
    return "\n".join([*lines, ""])
