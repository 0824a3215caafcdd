"""Whole programs in other languages than Python: where imports, definitions and a use of the code go.

The code's own text is put in as it was found, inside the types and namespaces that it was found in:

    definitions ─▶ namespace a {  class Lines : public Base {  members  code  };  } ─▶ main: example

A C++ member that is defined outside its class stays outside. For Python see `codetune.synth.python.program`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from textwrap import indent

from codetune.code.scopes import is_type_head, name_of_head, without_bases
from codetune.synth.checks.snippet_text import SnippetView
from codetune.synth.runtime.raw_answers import InvalidAnswerError

__all__ = ["Parts", "assemble", "place_of", "used_as"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a program has besides the code."""

    example: str
    """Statements that use it."""
    imports: str = ""
    """Lines for the beginning."""
    definitions: str = ""
    """What else it needs, at the top level."""
    members: str = ""
    """What else stands in its own type."""
    around: str = ""
    """What else stands in the types around its own."""


_FRAMES = {
    "javascript": ("{imports}\n\n{definitions}\n\n{code}\n\n{example}\n", 0),
    "typescript": ("{imports}\n\n{definitions}\n\n{code}\n\n{example}\n", 0),
    "ruby": ("{imports}\n\n{definitions}\n\n{code}\n\n{example}\n", 0),
    "php": ("<?php\n{imports}\n\n{definitions}\n\n{code}\n\n{example}\n", 0),
    "go": ("package main\n\n{imports}\n\n{definitions}\n\n{code}\n\nfunc main() {{\n{example}\n}}\n", 4),
    "rust": ("{imports}\n\n{definitions}\n\n{code}\n\nfn main() {{\n{example}\n}}\n", 4),
    "c": ("{imports}\n\n{definitions}\n\n{code}\n\nint main(void) {{\n{example}\n    return 0;\n}}\n", 4),
    "cpp": ("{imports}\n\n{definitions}\n\n{code}\n\nint main() {{\n{example}\n    return 0;\n}}\n", 4),
    "java": (
        "{imports}\n\n{definitions}\n\n{code}\n\npublic class {main} {{\n"
        "    public static void main(String[] args) throws Exception {{\n{example}\n    }}\n}}\n",
        8,
    ),
    "csharp": (
        "{imports}\n\n{definitions}\n\n{code}\n\nclass {main} {{\n    static void Main() {{\n{example}\n    }}\n}}\n",
        8,
    ),
}
"""Language -> the program, and by how much the example is indented."""

_IN_MAIN = {
    "java": "{imports}\n\npublic class Main {{\n{definitions}\n\n{code}\n\n"
            "    public static void main(String[] args) throws Exception {{\n{example}\n    }}\n}}\n",
    "csharp": "{imports}\n\nclass Program {{\n{definitions}\n\n{code}\n\n    static void Main() {{\n{example}\n    }}\n}}\n",
}  # fmt: skip
"""Functions that no type is known for, in languages where none stands alone."""

_ACCESS = re.compile(r"^(?:(?:export|default|declare|public|private|protected|internal|pub(?:\([^)]*\))?"
                     r"|sealed(?=.*\bpermits\b)|non-sealed|file)\s+)+")  # fmt: skip
_HIDDEN = re.compile(r"^(?:(?:private|protected|file)\s+)+")
_SPACED = ("cpp", "csharp")
"""Languages whose namespaces can be opened again, so that the code stands in its own."""
_ANY_CLASS = {"java": "Main", "csharp": "Program"}
_EXTENSION = re.compile(r"\(\s*(?:\[[^\]]*\]\s*)?this\s+\w")
_NEEDS_BASE = re.compile(r"\b(?:super|base|parent|override|Override)\b")


def assemble(view: SnippetView, parts: Parts) -> str:
    """Put a program together.

    Args:
        view: The code, in a language of the table above.
        parts: What it lacks.

    Raises:
        InvalidAnswerError: The example does not use the code.
    """
    language, name = view.language, used_as(view)
    if name not in parts.example:
        raise InvalidAnswerError("example doesn't use the code", f"the example has to use {name}")
    code = view.code.removeprefix("<?php").strip("\n")
    heads = _heads(view, parts)
    for depth, head in enumerate(reversed(heads)):
        is_type = is_type_head(head, language)
        beside = (parts.members, parts.around)[min(depth, 1)] if is_type and depth < 2 else ""
        if depth == 1 and is_type and language == "cpp":
            beside = f"{_declared_before(heads[-1], beside)}{beside}"
        code = _within(head, code, beside.strip("\n"), language)
    frame, spaces = _FRAMES[language]
    if not heads and language in _IN_MAIN:
        frame = _IN_MAIN[language]
    program = frame.format(
        imports=parts.imports.strip(),
        definitions=parts.definitions.strip("\n"),
        code=code,
        main=_main(language, f"{parts.definitions}\n{code}"),
        example=indent(parts.example.strip("\n"), " " * spaces),
    )
    while "\n\n\n" in program:  # places that stayed empty
        program = program.replace("\n\n\n", "\n\n")
    return program.lstrip("\n")


def used_as(view: SnippetView) -> str:
    """The word that a use of the code holds."""
    name = view.own_name or ""
    if view.kind == "constructor":
        return (view.owner or "").split(".")[-1].split("::")[-1]
    if name.startswith(("operator", "~", "[")) or name in _CALLED_BY_SIGN:
        return ""  # called by a sign
    return (
        name.lstrip("#@").rstrip("=?!") if view.language == "ruby" else name.rpartition(".")[2].strip("'\"")
    )


_CALLED_BY_SIGN = frozenset(
    {"drop", "fmt", "deref", "eq", "cmp", "add", "sub", "neg", "index", "next", "from", "not"}
)


def _main(language: str, program: str) -> str:
    """A name for the class with the main method that nothing else has."""
    wanted = _ANY_CLASS.get(language, "")
    return f"{wanted}Entry" if wanted and re.search(rf"\bclass\s+{wanted}\b", program) else wanted


def _heads(view: SnippetView, parts: Parts) -> list[str]:
    """Heads as they stand in the program, the outermost first."""
    language = view.language
    scopes = view.snippet.scopes or () if language in _SPACED else ()
    spaces = [head for head in scopes if not is_type_head(head, language)]
    heads = list(view.type_heads)
    if "object" in heads:
        return ["object"]
    if not heads and language == "csharp" and _EXTENSION.search(view.code.partition("{")[0]):
        heads = ["static class Extensions"]
    # A C# type that is public stays so: what is public beside it may name it.
    access = _HIDDEN if language == "csharp" else _ACCESS
    heads = [access.sub("", head) for head in heads]
    if language == "java" and heads:
        heads[0] = re.sub(r"\bstatic\s+", "", heads[0])
    if language in ("java", "csharp"):
        heads = [re.sub(r"\s+permits\s.*", "", head) for head in heads]
    given = f"{parts.imports}\n{parts.definitions}\n{parts.members}\n{parts.around}"
    kept = [_with_needed_bases(head, language, view.code, given) for head in heads]
    return [*(space for space in spaces if space != "namespace"), *kept]


def _with_needed_bases(head: str, language: str, code: str, given: str) -> str:
    """A head without its bases where nothing needs them and nobody defined them."""
    bare, bases = without_bases(head, language)
    if not bases:
        return head
    names = set(re.findall(r"[A-Za-z_]\w*", bases)) - {
        "extends",
        "implements",
        "public",
        "virtual",
        "private",
    }
    defined = names <= set(re.findall(r"[A-Za-z_]\w*", given))
    return head if defined or _NEEDS_BASE.search(f"{code}\n{given}") else bare


def _within(head: str, code: str, beside: str, language: str) -> str:
    """The code inside a type or namespace, after what else stands there."""
    if head == "object":
        return "const object = {\n" + indent(f"{beside}\n{code}".strip("\n"), "  ") + ",\n};"
    body = f"{beside}\n\n{code}".strip("\n")
    if language == "ruby":
        return f"{head}\n{body}\nend"
    if language == "cpp" and is_type_head(head, language):
        body = f"public:\n{beside}\n\npublic:\n{code}" if beside else f"public:\n{code}"
        return f"{head} {{\n{body}\n}};"
    if language == "java" and not beside and re.search(r"\benum\b", head):
        body = f";\n{code}"
    return f"{head} {{\n{body}\n}}"


def _declared_before(head: str, beside: str) -> str:
    """A declaration of a nested C++ type, where what stands before it in the outer type names it."""
    bare = without_bases(head, "cpp")[0].removesuffix("final").strip()
    name = name_of_head(head, "cpp")
    is_named = bool(name) and re.search(rf"\b{re.escape(name or '')}\b", beside) is not None
    return f"{bare};\n" if is_named and "=" not in bare and not bare.startswith("enum") else ""


def place_of(view: SnippetView) -> str:
    """Where the code has to stand in a program, in words."""
    heads = [f"`{head}`" for head in reversed(view.type_heads) if head != "object"]
    spaces = [f"`{h}`" for h in view.snippet.scopes or () if not is_type_head(h, view.language)]
    within = f", in {' '.join(spaces)}" if spaces and view.language in _SPACED else ""
    if view.language == "cpp" and view.qualifiers:
        return f"outside its class `{view.qualifiers[-1]}`, which has to be declared with it before{within}"
    if view.language in ("javascript", "typescript") and view.qualifiers:
        return f"at the top level, after `{view.qualifiers[0]}` is defined"
    if "object" in view.type_heads:
        return "in an object literal"
    if not heads:
        if view.language == "csharp" and _EXTENSION.search(view.code.partition("{")[0]):
            return "in a static class that is not nested, as it is an extension method"
        return f"at the top level{within}"
    nested = f", inside {', inside '.join(heads[1:])}" if heads[1:] else ""
    return f"in the body of {heads[0]}{nested}{within}"
