"""EvalPlus's reading of an answer, for its protocols alone: it cuts code, which no reading of ours does.

The longest run of lines that parses is taken; of its top level only imports, and those classes, functions
with a `return` and assignments to a name stay that the function asked for needs. Decorated functions and
`try` blocks fall away, as they do there. Source: evalplus/evalplus, `evalplus/sanitize.py`.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from tree_sitter import Node

from codetune.code.parsing import parse
from codetune.records import Problem
from codetune.text.extract import Extraction

__all__ = ["evalplus_program"]

_TERMINAL = re.compile(r"\x1B(?:[@-Z\\-_]|\[[0-?]*[ -/]*[@-~])")
_DEFINED = re.compile(r"^def (\w+)", re.MULTILINE)
_IMPORTS = ("import_statement", "import_from_statement")


def evalplus_program(text: str, problem: Problem) -> Extraction:
    """The program that EvalPlus runs for an answer.

    Args:
        text: The answer, or prompt and continuation.
        problem: The item. Helpers of its prompt that its tests call stay: EvalPlus's own tests call none,
            HumanEval's do once.
    """
    if not text.strip():
        return Extraction("", "none")
    longest = _longest_parsing_lines(_TERMINAL.sub("", text))
    given = {name for name in _DEFINED.findall(problem.prompt) if f"{name}(" in problem.tests}
    roots = {problem.entry_point, *given} if problem.entry_point else set()
    kept = _needed(longest, roots).strip()
    return Extraction(kept or _longest_parsing_lines(longest), "evalplus")


def _parses(code: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True


def _longest_parsing_lines(text: str) -> str:
    """The first of the runs of two lines or more that parse and have most lines that are not blank."""
    lines = text.split("\n")
    filled = [0]
    for line in lines:
        filled.append(filled[-1] + bool(line.strip()))
    best, most = (0, 0), 0
    for start in range(len(lines)):
        if filled[-1] - filled[start] <= most:
            break  # no run from here on can be longer
        # From the longest run down: the first that parses is the best of this start. Of equally long
        # ones (which differ in blank lines at the end) the shortest is the one found first upstream.
        for end in range(len(lines) - 1, start, -1):
            count = filled[end + 1] - filled[start]
            if count <= most:
                break
            if _parses("\n".join(lines[start : end + 1])):
                while (
                    end - 1 > start
                    and filled[end] - filled[start] == count
                    and _parses("\n".join(lines[start:end]))
                ):
                    end -= 1
                best, most = (start, end), count
                break
    return "\n".join(lines[best[0] : best[1] + 1])


def _name(node: Node) -> str | None:
    return next((_text(child) for child in node.children if child.type == "identifier"), None)


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _walk(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(node.children)


def _needed(code: str, roots: set[str]) -> str:
    """Imports, and the definitions that the roots reach; all of them where there are no roots."""
    raw = code.encode()
    imports: list[Node] = []
    definitions: list[tuple[str | None, Node]] = []
    seen: set[str | None] = set()
    for child in parse(code, "python")[0].root_node.children:
        if child.type in _IMPORTS:
            imports.append(child)
            continue
        node = child
        if child.type == "expression_statement" and child.children[0].type == "assignment":
            node = child.children[0]
        elif child.type == "function_definition":
            if not any(one.type == "return_statement" for one in _walk(child)):
                continue
        elif child.type != "class_definition":
            continue
        name = _name(node)
        if name not in seen:
            seen.add(name)
            definitions.append((name, node))
    uses = {
        name: {_text(one) for one in _walk(node) if one.type == "identifier"} for name, node in definitions
    }
    if roots:
        reached, waiting = set(roots), list(roots)
        while waiting:
            for name in uses.get(waiting.pop(), set()) - reached:
                reached.add(name)
                waiting.append(name)
        definitions = [(name, node) for name, node in definitions if name in reached]
    kept = [*imports, *(node for _, node in definitions)]
    return "\n".join(raw[node.start_byte : node.end_byte].decode("utf-8", "replace") for node in kept)
