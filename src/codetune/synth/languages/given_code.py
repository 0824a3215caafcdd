"""The given code inside a program of any language with a grammar: found, given a failing body, or taken out.

What goes in is text, what comes out is text; nothing is run here. Empty bodies: `synth.languages.mutants`.
"""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from codetune.code.parsing import parse
from codetune.execution.languages.go_program import go_program
from codetune.synth.languages.mutants import FUNCTIONS, emptied

__all__ = ["GivenCode", "body_start", "given_code"]

_FAILS = {
    "javascript": 'throw new Error("no body");', "typescript": 'throw new Error("no body");',
    "java": 'if (true) throw new IllegalStateException("no body");', "go": 'panic("no body");', "rust": 'panic!("no body");',
    "c": "__builtin_trap();", "cpp": "__builtin_trap();", "csharp": 'throw new System.Exception("no body");',
    "php": "throw new \\Error('no body');", "ruby": 'raise "no body"; ',
}  # fmt: skip
"""A first statement with which a function of any type compiles, and ends as soon as it is called."""
_CALLED = FUNCTIONS | {"constructor_declaration", "compact_constructor_declaration"}
_BLOCKS = frozenset({"statement_block", "block", "compound_statement", "constructor_body"})


@dataclass(frozen=True, slots=True)
class GivenCode:
    """Where the given code stands in a program; offsets count bytes."""

    program: bytes
    language: str
    start: int
    end: int

    def functions(self) -> tuple[Node, ...]:
        """The outermost functions of the given code."""
        tree, _ = parse(self.program.decode(), self.language)
        found, stack = [], [tree.root_node]
        while stack:
            node = stack.pop()
            if node.end_byte <= self.start or node.start_byte >= self.end:
                continue
            if node.type in _CALLED and self.start <= node.start_byte and node.end_byte <= self.end:
                found.append(node)
            else:
                stack.extend(node.children)
        return tuple(found)

    def emptied(self, value: str | None = None) -> str | None:
        """The program with empty bodies in the given code; None where no empty value is known.

        Args:
            value: What they give instead, one of the language's `OTHER_VALUES`.
        """
        text = emptied(self.program.decode(), self.language, (self.start, self.end), value)
        if text is None or self.language != "go":
            return text
        return "".join(go_program(text, ""))  # Go refuses imports that nothing uses any more

    def failing(self) -> str | None:
        """The program with a given code that fails when it is called; None where it has no body to change."""
        places = [at for node in self.functions() if (at := body_start(node)) is not None]
        return self.edited([(at, at, _FAILS[self.language]) for at in places]) if places else None

    def replaced(self, by: str) -> str:
        """The program with another text in the given code's place."""
        return self.edited([(self.start, self.end, by)])

    def edited(self, edits: list[tuple[int, int, str]]) -> str:
        """The program with pieces replaced; of pieces that begin together the later in the list stands first."""
        data = self.program
        for start, end, text in sorted(edits, key=lambda edit: edit[0], reverse=True):
            data = data[:start] + text.encode() + data[end:]
        return data.decode("utf-8", "replace")


def given_code(program: str, code: str, language: str) -> GivenCode | None:
    """Find code in a program that holds it unchanged but for white space; None where it isn't there.

    Args:
        program: A whole program.
        code: What stands in it, one or more definitions.
        language: A name in `PARSED_LANGUAGES`.
    """
    wanted = "".join(code.split())
    places = [at for at, character in enumerate(program) if not character.isspace()]
    first = "".join(program.split()).find(wanted) if wanted else -1
    if first < 0:
        return None
    start, end = places[first], places[first + len(wanted) - 1] + 1
    data = program.encode("utf-8", "replace")
    before = len(program[:start].encode("utf-8", "replace"))
    return GivenCode(data, language, before, before + len(program[start:end].encode("utf-8", "replace")))


def body_start(function: Node) -> int | None:
    """Offset behind which a function's first own statement may stand; None where its body is no block."""
    body = function.child_by_field_name("body")
    if body is None:  # Ruby's bodies have no field in older grammars
        body = next((child for child in function.named_children if child.type == "body_statement"), None)
    if body is None:
        return None
    if body.type == "body_statement":
        return body.start_byte
    if body.type not in _BLOCKS:
        return None
    calls = [child for child in body.named_children[:1] if child.type == "explicit_constructor_invocation"]
    return calls[0].end_byte if calls else body.start_byte + 1
