"""A whole Python program around a function that stays as it was found.

The function's text is put in as it is, so nobody has to copy it; a model only gives what was
missing, slot by slot (`codetune.synth.python_needs`).
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Mapping

from codetune.synth.answers import Field, Slots
from codetune.synth.python_needs import Needs, Shape, Use

__all__ = ["assemble_python", "python_slots"]

_INTEGER = r"-?[0-9]{1,4}"
_TEXT = r"'[A-Za-z0-9 _.,:/@=+-]{0,24}'"
_ITEM = rf"({_INTEGER}|{_TEXT})"
_SEVERAL = rf"({_ITEM}(, {_ITEM}){{0,4}})?"
_LITERAL = (
    rf"(None|True|False|{_INTEGER}(\.[0-9]{{1,2}})?|b?{_TEXT}|\[{_SEVERAL}\]|\[\[{_SEVERAL}\](, \[{_SEVERAL}\]){{0,2}}\]"
    rf"|\{{({_ITEM}: {_ITEM}(, {_ITEM}: {_ITEM}){{0,2}})?\}}|\({_ITEM}, {_ITEM}\))"
)
_ANY_CALL = r"\(\*args, \*\*kwargs\)"
_MODULE = r"[a-z][a-z_]{1,15}(\.[a-z_]{2,15})?"


def python_slots(needs: Needs) -> Slots | None:
    """What a model is asked to write, or None when nothing is missing.

    Every slot is bounded by a pattern that holds only well-formed Python which binds the name, so
    that even a very small model can't miss the syntax; what is left to it is the choice.
    """
    groups: dict[str, dict[str, Field]] = {}
    if needs.missing:
        groups["missing"] = {name: _binding(name, use) for name, use in needs.missing.items()}
    if needs.attributes:
        groups["attributes"] = {name: _value(use) for name, use in needs.attributes.items()}
    if needs.arguments:
        groups["arguments"] = {name: Field(_LITERAL, "a short literal") for name in needs.arguments}
    return Slots(groups) if groups else None


def _binding(name: str, use: Use) -> Field:
    choices = []
    if not name.startswith("_"):  # private names are imported by nobody
        choices.append(rf"from {_MODULE} import {name}")
    if use is Use.DOTTED:
        choices += [rf"class {name}: [a-z_]{{1,16}} = {_LITERAL}", rf"{name} = {_LITERAL}"]
    elif use is Use.CALLED and name.strip("_")[:1].isupper():
        choices.append(rf"class {name}\((object|dict|list|str|Exception)\): pass")
    elif use is Use.CALLED:
        choices.append(rf"def {name}{_ANY_CALL}: return ({_LITERAL}|args\[0\])")
    else:
        choices.append(rf"{name} = {_LITERAL}")
    return Field(f"({'|'.join(choices)})", f"one line that imports or defines {name}")


def _value(use: Use) -> Field:
    if use is Use.CALLED:
        return Field(rf"lambda \*args, \*\*kwargs: {_LITERAL}", "a lambda that returns a short literal")
    return Field(_LITERAL, "a short literal")


def assemble_python(code: str, needs: Needs, answer: Mapping[str, Mapping[str, str]]) -> str:
    """Put the program together.

    Args:
        code: The function as found; its lines stay as they are, but for a method's indentation.
        needs: What it lacks.
        answer: What the slots were filled with; empty where nothing was asked.

    Returns:
        Imports, definitions, the function (in its class, where it is a method) and a main block
        that calls it once.
    """
    bindings = list(answer.get("missing", {}).values())
    imports = [f"import {module}" for module in needs.modules]
    imports += [line for line in bindings if line.startswith(("import ", "from "))]
    if needs.is_async:
        imports.append("import asyncio")
    imports = list(dict.fromkeys(imports))
    definitions = [line for line in bindings if line not in imports]
    if needs.class_name is not None:
        code = _in_class(code, needs, answer.get("attributes", {}))
    main = 'if __name__ == "__main__":\n' + "".join(f"    {line}\n" for line in _use(needs, answer))
    parts = ["\n".join(imports), "\n".join(definitions), code.strip("\n"), main.rstrip("\n")]
    program = "\n\n\n".join(part for part in parts if part)
    return program + "\n"


def _in_class(code: str, needs: Needs, attributes: Mapping[str, str]) -> str:
    lines = [f"class {needs.class_name}:"]
    if attributes and needs.shape is Shape.CLASS_METHOD:
        lines += [f"    {name} = {_static(value)}" for name, value in attributes.items()]
        lines.append("")
    elif attributes:
        lines.append("    def __init__(self):")
        lines += [f"        self.{name} = {value}" for name, value in attributes.items()]
        lines.append("")
    return "\n".join(lines) + "\n" + _indented(code)


def _static(value: str) -> str:
    return f"staticmethod({value})" if value.startswith("lambda") else value


def _indented(code: str) -> str:
    """Indent by four, but for lines that begin inside a string: their text is the program's data."""
    inside: set[int] = set()
    begun: list[int] = []  # Python 3.12 splits f-strings into a start, middles and an end
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        name = tokenize.tok_name[token.type]
        if name in ("FSTRING_START", "TSTRING_START"):
            begun.append(token.start[0])
        elif name in ("FSTRING_END", "TSTRING_END"):
            inside.update(range(begun.pop() + 1, token.end[0] + 1))
        elif name == "STRING":
            inside.update(range(token.start[0] + 1, token.end[0] + 1))
    lines = code.splitlines(keepends=True)
    return "".join(
        line if number in inside or not line.strip() else "    " + line
        for number, line in enumerate(lines, start=1)
    )


def _use(needs: Needs, answer: Mapping[str, Mapping[str, str]]) -> list[str]:
    values = answer.get("arguments", {})
    passed = ", ".join(
        value if needs.arguments[name] == "positional" else f"{name}={value}"
        for name, value in values.items()
    )
    owner = needs.class_name
    match needs.shape:
        case Shape.FUNCTION:
            use = f"{needs.name}({passed})"
        case Shape.CONSTRUCTOR:
            use = f"{owner}({passed})"
        case Shape.PROPERTY:
            use = f"{owner}().{needs.name}"
        case Shape.METHOD:
            use = f"{owner}().{needs.name}({passed})"
        case Shape.CLASS_METHOD | Shape.STATIC_METHOD:
            use = f"{owner}.{needs.name}({passed})"
    if needs.is_async and needs.is_generator:
        return [
            "async def first():",
            f"    async for value in {use}:",
            "        print(value)",
            "        break",
            "",
            "asyncio.run(first())",
        ]
    if needs.is_async:
        return [f"print(asyncio.run({use}))"]
    if needs.is_generator:
        return [f"for value, _ in zip({use}, range(3)):", "    print(value)"]
    return [f"print({use})"]


def called_in(program: str, name: str) -> bool:
    """Whether the main block mentions `name`: a program that never uses it shows nothing."""
    main = ast.parse(program).body[-1]
    return any(
        (isinstance(part, ast.Name) and part.id == name)
        or (isinstance(part, ast.Attribute) and part.attr == name)
        for part in ast.walk(main)
    )
