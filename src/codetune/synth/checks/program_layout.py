"""Whole programs in other languages than Python: where imports, definitions and a use of the code go.

As for Python the code's own text is put in as it was found; see `codetune.synth.python.program`.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent

from codetune.synth.runtime.raw_answers import InvalidAnswerError

__all__ = ["LAYOUTS", "Layout", "assemble"]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a program of one language is put together."""

    frame: str
    """With the places `imports`, `definitions`, `code` and `example`."""
    member: str | None = None
    """What a member's code stands in, with the places `owner` and `code`; None where it needs
    nothing around it, or the frame is a class already."""
    example_indent: int = 0


_PLAIN = "{imports}\n\n{definitions}\n\n{code}\n\n{example}\n"
_BRACES = "class {owner} {{\n{code}\n}}"

LAYOUTS: dict[str, Layout] = {
    "javascript": Layout(_PLAIN, _BRACES),
    "typescript": Layout(_PLAIN, _BRACES),
    "ruby": Layout(_PLAIN, "class {owner}\n{code}\nend"),
    "php": Layout("<?php\n" + _PLAIN, _BRACES),
    "go": Layout(
        "package main\n\n{imports}\n\n{definitions}\n\n{code}\n\nfunc main() {{\n{example}\n}}\n", None, 4
    ),
    "rust": Layout(
        "{imports}\n\n{definitions}\n\n{code}\n\nfn main() {{\n{example}\n}}\n",
        "impl {owner} {{\n{code}\n}}",
        4,
    ),
    "c": Layout(
        "{imports}\n\n{definitions}\n\n{code}\n\nint main(void) {{\n{example}\n    return 0;\n}}\n", None, 4
    ),
    "cpp": Layout(
        "{imports}\n\n{definitions}\n\n{code}\n\nint main() {{\n{example}\n    return 0;\n}}\n",
        "class {owner} {{\npublic:\n{code}\n}};",
        4,
    ),
    "java": Layout(
        "{imports}\n\npublic class Main {{\n{definitions}\n\n{code}\n\n"
        "    public static void main(String[] args) throws Exception {{\n{example}\n    }}\n}}\n",
        None,
        8,
    ),
    "csharp": Layout(
        "{imports}\n\nclass Program {{\n{definitions}\n\n{code}\n\n    static void Main() {{\n{example}\n    }}\n}}\n",
        None,
        8,
    ),
}


def assemble(
    programming_language: str,
    code: str,
    *,
    name: str,
    owner: str | None,
    imports: str,
    definitions: str,
    example: str,
) -> str:
    """Put a program together.

    Args:
        programming_language: One of `LAYOUTS`.
        code: The definition as found.
        name: Its own name, which the example has to use.
        owner: The class (or type) it is a member of.
        imports: Lines for the beginning.
        definitions: What else it needs.
        example: Statements that use it.

    Raises:
        InvalidAnswerError: The example does not use the code.
    """
    if name not in example:
        raise InvalidAnswerError("example doesn't use the code", f"the example has to use {name}")
    layout = LAYOUTS[programming_language]
    code = code.removeprefix("<?php").strip("\n")
    if owner is not None and layout.member is not None:
        code = layout.member.format(owner=owner.rpartition(".")[2].rpartition("::")[2], code=code)
    program = layout.frame.format(
        imports=imports.strip(),
        definitions=definitions.strip("\n"),
        code=code,
        example=indent(example.strip("\n"), " " * layout.example_indent),
    )
    while "\n\n\n" in program:  # places that stayed empty
        program = program.replace("\n\n\n", "\n\n")
    return program.lstrip("\n")
