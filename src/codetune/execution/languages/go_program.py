"""Go: one file of an answer and its tests, with one list of imports.

Go refuses a package that is imported and not used, and one that is imported twice. The items import
for the answer they know; another answer may need less. So the imports of answer and tests are put
together, those are left out whose name stands nowhere in the code, and those of the standard library
that are used without being imported are added, as the benchmark's own harness does.
"""

from __future__ import annotations

import re

__all__ = ["go_program"]

_PACKAGE = re.compile(r"^\s*package\s+\w+[ \t]*;?[ \t]*$", re.MULTILINE)
_BLOCK = re.compile(r"^[ \t]*import\s*\(([^)]*)\)[ \t]*;?", re.MULTILINE)
_LINE = re.compile(r"^[ \t]*import[ \t]+([\w.]*[ \t]*\"[^\"]+\")[ \t]*;?[ \t]*$", re.MULTILINE)
_ENTRY = re.compile(r"^[ \t]*([\w.]*)[ \t]*\"([^\"]+)\"", re.MULTILINE)
_OWN_TEST = re.compile(r"^func\s+((?:Test|Benchmark|Fuzz|Example)\w*)\s*\(", re.MULTILINE)
_SILENT = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|`[^`]*`|'(?:\\.|[^'\\\n])+'", re.DOTALL)
_STANDARD = (
    "math", "strings", "fmt", "strconv", "time", "bytes", "regexp", "sort", "math/rand", "crypto/md5",
    "testing", "unicode", "reflect", "errors", "container/heap",
)  # fmt: skip


def go_program(solution: str, tests: str) -> tuple[str, str]:
    """An answer and its tests as two halves of one file.

    Args:
        solution: The answer, with or without package and imports.
        tests: The tests, with their set-up.

    Returns:
        The half with package, imports and answer, and the half with the tests.
    """
    # `go test` would run the answer's own tests too, which decide nothing.
    for name in sorted(set(_OWN_TEST.findall(solution))):
        solution = re.sub(rf"\b{name}\b", f"own{name}", solution)
    imports: dict[str, str] = {}
    code, test_code = (_without_imports(part, imports) for part in (solution, tests))
    words = _SILENT.sub(" ", f"{code}\n{test_code}")
    used = [line for name, line in imports.items() if name in "._" or _is_used(name, words)]
    known = {_name("", path) for path in _STANDARD} & set(imports)
    used += [f'"{path}"' for path in _STANDARD if (n := _name("", path)) not in known and _is_used(n, words)]
    header = "package main\n\nimport (\n" + "".join(f"    {line}\n" for line in used) + ")\n"
    return f"{header}{code}", test_code


def _without_imports(part: str, imports: dict[str, str]) -> str:
    """The part without its package and imports, which are added to `imports` by name."""

    def taken(found: re.Match[str]) -> str:
        for alias, path in _ENTRY.findall(_SILENT_COMMENT.sub("", found[1])):
            imports.setdefault(
                alias if alias in "._" and alias else _name(alias, path), f'{alias} "{path}"'.strip()
            )
        return ""

    return _LINE.sub(taken, _BLOCK.sub(taken, _PACKAGE.sub("", part, count=1)))


_SILENT_COMMENT = re.compile(r"//[^\n\"]*$", re.MULTILINE)


def _name(alias: str, path: str) -> str:
    return alias or path.rpartition("/")[2]


def _is_used(name: str, words: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(name)}\s*\.", words) is not None
