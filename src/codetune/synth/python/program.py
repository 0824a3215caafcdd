"""A whole Python program around a function that stays as it was found.

The function's text is put in as it is, so nobody has to copy it; a model only gives what was
missing, slot by slot (`codetune.synth.python.free_names`).
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Mapping

from codetune.synth.python.free_names import CallShape, Need, Needs
from codetune.synth.python.literals import ANY_CALL, any_of, object_with
from codetune.synth.runtime.answer_parsers import JsonSlots, Slot

__all__ = ["assemble_python", "indented", "python_slots"]

_NEEDED_BY_VALUES = (
    ("SimpleNamespace(", "from types import SimpleNamespace"),
    ("threading.", "import threading"),
)


def python_slots(needs: Needs) -> JsonSlots | None:
    """What a model is asked to write, or None when nothing leaves a choice.

    Every slot is bounded by a pattern that holds only well-formed Python which binds the name, to
    a kind of value that its use allows; so even a very small model can't miss the syntax, and what
    is left to it is the choice.
    """
    groups: dict[str, dict[str, Slot]] = {}
    if needs.missing:
        groups["missing"] = {name: _binding(name, need) for name, need in needs.missing.items()}
    for group, wanted in (("attributes", needs.attributes), ("arguments", needs.arguments)):
        if wanted:
            groups[group] = {name: _value(need) for name, need in wanted.items()}
    return JsonSlots(groups) if groups else None


def _binding(name: str, need: Need) -> Slot:
    choices = []
    if need.modules:
        modules = "|".join(module.replace(".", r"\.") for module in need.modules)
        choices.append(f"from ({modules}) import {name}")
    if need.kinds == ("class",):
        choices.append(rf"class {name}\((dict|list|str|Exception)\): pass")
    elif need.kinds == ("function",):
        result = any_of(("none", "bool", "int", "str", "list"))
        choices.append(rf"def {name}{ANY_CALL}: return ({result}|args\[0\])")
    else:
        choices.append(f"{name} = {_value(need).pattern}")
    return Slot(f"({'|'.join(choices)})", f"one line that imports or defines {name}")


def _value(need: Need) -> Slot:
    if need.kinds == ("object",):
        return Slot(object_with(need.members), f"an object with {', '.join(need.members)}")
    return Slot(any_of(need.kinds), f"a literal of kind {' or '.join(need.kinds)}", literal=True)


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
    lines = [*needs.settled, *bindings]
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    if needs.is_async:
        imports.append("import asyncio")
    values = " ".join(value for group in answer.values() for value in group.values())
    imports += [line for mark, line in _NEEDED_BY_VALUES if mark in values]
    imports = list(dict.fromkeys(imports))
    definitions = [line for line in lines if line not in imports]
    if needs.class_name is not None:
        code = _in_class(code, needs, answer.get("attributes", {}))
    main = 'if __name__ == "__main__":\n' + "".join(f"    {line}\n" for line in _use(needs, answer))
    parts = ["\n".join(imports), "\n".join(definitions), code.strip("\n"), main.rstrip("\n")]
    program = "\n\n\n".join(part for part in parts if part)
    return program + "\n"


def _in_class(code: str, needs: Needs, attributes: Mapping[str, str]) -> str:
    lines = [f"class {needs.class_name}:"]
    if attributes and needs.shape is CallShape.CLASS_METHOD:
        lines += [f"    {name} = {_static(value)}" for name, value in attributes.items()]
        lines.append("")
    elif attributes:
        lines.append("    def __init__(self):")
        lines += [f"        self.{name} = {value}" for name, value in attributes.items()]
        lines.append("")
    return "\n".join(lines) + "\n" + indented(code)


def _static(value: str) -> str:
    return f"staticmethod({value})" if value.startswith("lambda") else value


def indented(code: str, prefix: str = "    ") -> str:
    """Indent, but for lines that begin inside a string: their text is the program's data."""
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
        line if number in inside or not line.strip() else prefix + line
        for number, line in enumerate(lines, start=1)
    )


def _use(needs: Needs, answer: Mapping[str, Mapping[str, str]]) -> list[str]:
    values = answer.get("arguments", {})
    passed = ", ".join(
        f"{name}={value}" if needs.arguments[name].keyword else value for name, value in values.items()
    )
    owner = needs.class_name
    match needs.shape:
        case CallShape.FUNCTION:
            use = f"{needs.name}({passed})"
        case CallShape.CONSTRUCTOR:
            use = f"{owner}({passed})"
        case CallShape.PROPERTY:
            use = f"{owner}().{needs.name}"
        case CallShape.METHOD:
            use = f"{owner}().{needs.name}({passed})"
        case CallShape.CLASS_METHOD | CallShape.STATIC_METHOD:
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
