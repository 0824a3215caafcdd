"""Marks in the given code that tell, once each, that it was called and which way its conditions went.

    if (x < low) return low;   ─▶   if ((x < low) ? (MARK 2, true) : (MARK 3, false)) return low;

The marks go to stderr, on lines of their own. Conditions are those of `if` and of loops, as for Python; those
that bind names (`if let`, `is T name`) or never change (`while (true)`) are left alone. A program with marks need
not compile: who runs it sees.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from codetune.synth.languages.given_code import GivenCode, body_start

__all__ = ["Probed", "probed"]

_WITH_CONDITION = frozenset({
    "if_statement", "while_statement", "do_statement", "for_statement", "for_clause", "if_expression", "while_expression",
    "else_if_clause", "if", "elsif", "unless", "while", "until", "if_modifier", "unless_modifier", "while_modifier",
    "until_modifier",
})  # fmt: skip
_BINDS = {
    "java": r"\binstanceof\s+(?:final\s+)?[\w.<>\[\], ?]+\s+\w+", "csharp": r"\bis\s+(?:not\s+)?[\w.<>\[\]?]+\s+\w+|\bis\s*\{",
    "rust": r"\blet\b",
}  # fmt: skip
_ENTERED = 0


@dataclass(frozen=True, slots=True)
class Probed:
    """A program with marks.

    Attributes:
        text: The program.
        outcomes: Numbers of the marks behind conditions, two of each.
        mark: What stands before a number.
    """

    text: str
    outcomes: frozenset[int]
    mark: str

    def seen(self, stderr: str) -> tuple[bool, int]:
        """Whether the code was entered, and how many outcomes of conditions were seen."""
        found = {int(number) for number in re.findall(rf"{re.escape(self.mark)}(\d+)\b", stderr)}
        return _ENTERED in found, len(found & self.outcomes)


@dataclass(frozen=True, slots=True)
class _Marks:
    """How a language tells once that a place was reached."""

    statement: Callable[[int], str]
    """Mark a number."""
    condition: Callable[[str, int], str]
    """A condition, marked with a number where it holds and the next one where it doesn't."""
    first: str = ""
    """What stands before the program."""
    last: str = ""
    """What stands after it."""


def _javascript(mark: str) -> _Marks:
    def once(number: int) -> str:
        return f'(globalThis.codetune{number} ??= process.stderr.write("\\n{mark}{number}\\n"))'

    return _Marks(
        lambda n: f";{once(n)};",
        lambda held, n: f"(({held}) ? ({once(n)}, true) : ({once(n + 1)}, false))",
    )


def _php(mark: str) -> _Marks:
    def once(number: int) -> str:
        return f"($GLOBALS['codetune{number}'] ??= \\fwrite(\\STDERR, \"\\n{mark}{number}\\n\"))"

    return _Marks(
        lambda n: f"{once(n)};",
        lambda held, n: f"(({held}) ? ({once(n)} || true) : ({once(n + 1)} && false))",
    )


def _ruby(mark: str) -> _Marks:
    def once(number: int) -> str:
        return f'($codetune{number} ||= ($stderr.print("\\n{mark}{number}\\n") || true))'

    return _Marks(
        lambda n: f"{once(n)}; ",
        lambda held, n: f"(({held}) ? ({once(n)}; true) : ({once(n + 1)}; false))",
    )


def _with_function(
    call: str, first: str = "", last: str = "", held: str = "{}", true: str = "true"
) -> _Marks:
    """A language that calls `call(number, condition)`, which is defined before or after the program."""
    return _Marks(
        lambda n: f"{call}({n}, {true});",
        lambda condition, n: f"{call}({n}, {held.format(condition)})",
        first,
        last,
    )


def _java(mark: str) -> _Marks:
    last = (
        "\nclass CodetuneProbe {\n    static final java.util.BitSet seen = new java.util.BitSet();\n"
        "    static synchronized boolean at(int n, boolean held) {\n        int found = held ? n : n + 1;\n"
        '        if (!seen.get(found)) { seen.set(found); System.err.println("\\n' + mark + '" + found); }\n'
        "        return held;\n    }\n}\n"
    )
    return _with_function("CodetuneProbe.at", last=last)


def _csharp(mark: str) -> _Marks:
    last = (
        "\nstatic class CodetuneProbe {\n    static System.Collections.Generic.HashSet<int> seen = new System.Collections.Generic.HashSet<int>();\n"
        "    public static bool At(int n, bool held) {\n        int found = held ? n : n + 1;\n"
        '        lock (seen) { if (seen.Add(found)) System.Console.Error.WriteLine("\\n'
        + mark
        + '" + found); }\n'
        "        return held;\n    }\n}\n"
    )
    return _with_function("global::CodetuneProbe.At", last=last)


def _go(mark: str) -> _Marks:
    last = (
        "\nvar codetuneSeen [4096]bool\n\nfunc codetuneAt(n int, held bool) bool {\n\tfound := n\n\tif !held {\n\t\tfound = n + 1\n\t}\n"
        '\tif !codetuneSeen[found] {\n\t\tcodetuneSeen[found] = true\n\t\tprint("\\n'
        + mark
        + '", found, "\\n")\n\t}\n\treturn held\n}\n'
    )
    return _with_function("codetuneAt", last=last, held="bool({})")


def _rust(mark: str) -> _Marks:
    last = (
        "\npub fn codetune_at(n: usize, held: bool) -> bool {\n"
        "    static SEEN: std::sync::Mutex<std::collections::BTreeSet<usize>> = std::sync::Mutex::new(std::collections::BTreeSet::new());\n"
        "    let found = if held { n } else { n + 1 };\n"
        '    if SEEN.lock().unwrap().insert(found) { eprintln!("\\n' + mark + '{}", found); }\n    held\n}\n'
    )
    return _with_function("crate::codetune_at", last=last)


def _gnu(mark: str) -> _Marks:
    first = (
        "#ifdef __cplusplus\nextern \"C\"\n#endif\nint dprintf(int, const char *, ...);\n"
        "static int codetune_at(int n, int held) {\n    static char seen[4096];\n    int found = held ? n : n + 1;\n"
        '    if (!seen[found]) { seen[found] = 1; dprintf(2, "\\n' + mark + '%d\\n", found); }\n    return held;\n}\n'
    )  # fmt: skip
    return _with_function("codetune_at", first=first, held="({}) ? 1 : 0", true="1")


_MARKS = {
    "javascript": _javascript, "typescript": _javascript, "php": _php, "ruby": _ruby, "java": _java, "csharp": _csharp,
    "go": _go, "rust": _rust, "c": _gnu, "cpp": _gnu,
}  # fmt: skip


def probed(given: GivenCode, mark: str, *, conditions: bool = True) -> Probed | None:
    """The program with marks in the given code.

    Args:
        given: The code in its program.
        mark: Text before each number; letters, digits and blanks.
        conditions: Whether conditions are marked, or only that the code is entered.

    Returns:
        None where the code has no function with a body to mark.
    """
    marks = _MARKS[given.language](mark)
    edits: list[tuple[int, int, str]] = []
    number = 2
    for function in given.functions():
        at = body_start(function)
        body = function.child_by_field_name("body")
        if at is not None:
            edits.append((at, at, marks.statement(_ENTERED)))
        elif body is not None and body.type != "statement_block":  # the value of a JavaScript arrow function
            entered = marks.statement(_ENTERED).strip("; ")
            edits.append((body.start_byte, body.start_byte, f"({entered}, "))
            edits.append((body.end_byte, body.end_byte, ")"))
        for node in _conditions(function) if conditions else ():
            held = given.program[node.start_byte : node.end_byte].decode("utf-8", "replace")
            if _may_be_marked(held, given.language):
                # Conditions may stand inside one another, in functions: the outer one alone is marked.
                if any(start < node.end_byte and node.start_byte < end for start, end, _ in edits):
                    continue
                edits.append((node.start_byte, node.end_byte, _in_parentheses(marks, held, number)))
                number += 2
    if not edits:
        return None
    text = given.edited(edits)
    if marks.first:
        text = f"{marks.first}#line 1\n{text}"
    return Probed(f"{text}{marks.last}", frozenset(range(2, number)), mark)


def _conditions(function: Node) -> Iterator[Node]:
    stack = [function]
    while stack:
        node = stack.pop()
        if node.type in _WITH_CONDITION:
            held = node.child_by_field_name("condition")
            if held is not None and held.type == "condition_clause":
                value = held.child_by_field_name("value")
                held = value if value is not None and value.type != "declaration" else None
            if held is not None and held.is_named:
                yield held
        stack.extend(reversed(node.children))


def _may_be_marked(held: str, language: str) -> bool:
    bare = held.strip("()! \n")
    binds = _BINDS.get(language)
    return bare not in ("true", "false", "1", "0", "") and (binds is None or not re.search(binds, held))


def _in_parentheses(marks: _Marks, held: str, number: int) -> str:
    """The marked condition, with the parentheses that the given one stood in."""
    outer = held.startswith("(") and held.endswith(")")
    marked = marks.condition(held[1:-1] if outer and _is_one_pair(held) else held, number)
    return f"({marked})" if outer else marked


def _is_one_pair(text: str) -> bool:
    depth = 0
    for at, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return at == len(text) - 1
    return False
