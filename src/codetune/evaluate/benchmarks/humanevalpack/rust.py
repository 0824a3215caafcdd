"""Rust: programs without cargo, so without the crates that each item names.

Each item begins with `use` lines of rand, regex and md5; six of the 164 need one of them. A `use` of
a crate that is named nowhere else is left out. Where rand or md5 is needed, a stand-in of the same
name takes its place; regex has none.
"""

from __future__ import annotations

import re

from codetune.evaluate.benchmarks.humanevalpack.package_stubs import RUST

__all__ = ["rust_program"]

_NAMES = {"rand": r"rand|Rng|thread_rng|gen_range", "regex": r"regex|Regex", "md5": "md5"}
_SILENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_MAIN = re.compile(r"\bfn\s+main\s*\(\s*\)")


def rust_program(solution: str, tests: str) -> str:
    """The answer, ready to be compiled alone.

    Args:
        solution: The answer with the item's `use` lines.
        tests: The tests.

    Returns:
        The answer, without the crates that neither it nor its tests name.
    """
    code = solution
    for crate, names in _NAMES.items():
        line = re.compile(rf"^[ \t]*use\s+{crate}(?:::[\w:{{}}, *]+)?\s*;[ \t]*$", re.MULTILINE)
        rest = _SILENT.sub(" ", f"{line.sub('', code)}\n{tests}")
        if not re.search(rf"\b(?:{names})\b", rest):
            code = line.sub("", code)
        elif crate in RUST:
            # `use md5;` of a module in the same file would name it twice.
            bare = re.compile(rf"^[ \t]*use\s+{crate}\s*;[ \t]*$", re.MULTILINE)
            code = f"{bare.sub('', code)}\n{RUST[crate]}"
    return code if _MAIN.search(code) else f"fn main() {{}}\n{code}"
