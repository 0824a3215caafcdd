"""Imports go down only: in functions and under TYPE_CHECKING too."""

from __future__ import annotations

import ast
from pathlib import Path

import codetune

SOURCE = Path(codetune.__file__).parent

FLOORS: list[set[str]] = [
    {"errors", "installation", "records", "rejection", "seeding", "lazy_registry"},
    {"config"},
    {"engine"},
    {"store"},
    {"code", "edits"},
    {"text"},
    {"models", "execution"},
    {"tasks"},
    {"sources"},
    {"synth", "curate", "train", "evaluate", "mix", "export", "histories"},
    {"report"},
    {"recipes", "doctor"},
    {"cli", "api"},
]
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "codetune" and len(parts) > 1 else None


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            base = node.module or ""
            # `from codetune import errors` names a room by its alias.
            names = {f"{base}.{alias.name}" for alias in node.names} if base == "codetune" else {base}
            found.update(names - {"codetune.__version__"})
    return {name for name in found if name.split(".")[0] == "codetune"}


def offending_arrows(source: Path) -> list[str]:
    arrows = []
    for path in sorted(source.rglob("*.py")):
        relative = path.relative_to(source)
        here = relative.parts[0].removesuffix(".py")
        if here in ("__init__", "__main__"):
            continue
        for target in imports(path):
            there = room_of(target)
            if there is None or there == here:
                continue
            if here not in LEVEL or there not in LEVEL:
                arrows.append(f"{relative} -> {target} (a room without a floor)")
            elif LEVEL[there] >= LEVEL[here] and not {here, there} <= FLOORS[0]:
                arrows.append(f"{relative} -> {target}")
    return arrows


def test_imports_go_down_only() -> None:
    arrows = offending_arrows(SOURCE)
    assert not arrows, "imports that go up or sideways:\n" + "\n".join(arrows)


def test_an_upward_import_is_found_even_inside_a_function(tmp_path: Path) -> None:
    room = tmp_path / "store"
    room.mkdir()
    (room / "bad.py").write_text("def f():\n    from codetune.train.stage import run\n    return run\n")
    assert offending_arrows(tmp_path) == ["store/bad.py -> codetune.train.stage"]


def test_wings_of_one_floor_are_found_importing_each_other(tmp_path: Path) -> None:
    room = tmp_path / "curate"
    room.mkdir()
    (room / "bad.py").write_text("import codetune.synth.stage\n")
    assert offending_arrows(tmp_path) == ["curate/bad.py -> codetune.synth.stage"]


def test_no_module_imports_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for path in SOURCE.rglob("*.py"):
        name = ".".join(["codetune", *path.relative_to(SOURCE).with_suffix("").parts]).removesuffix(
            ".__init__"
        )
        graph[name] = imports(path)
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, "circle: " + " -> ".join([*way[way.index(name) :], name])
        if name in done or name not in graph:
            return
        for target in graph[name]:
            visit(target, (*way, name))
        done.add(name)

    for name in graph:
        visit(name, ())
