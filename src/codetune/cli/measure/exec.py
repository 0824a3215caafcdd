"""`codetune exec`: run untrusted programs in the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from codetune.execution.protocol import Execution

__all__ = ["exec"]

_COLOURS = {"PASS": "green", "SKIPPED": "yellow", "HARNESS_ERROR": "magenta"}


def _language(path: Path, wanted: str | None) -> str:
    from codetune.code.languages import language_of_path
    from codetune.errors import UsageError
    from codetune.execution.languages.toolchains import LANGUAGES

    language = wanted or language_of_path(path)
    if language is None:
        raise UsageError(
            "the file's name doesn't tell its language", where=str(path), next_step="say it with --lang"
        )
    if language not in LANGUAGES:
        raise UsageError(
            f"codetune can't run {language}", next_step=f"choose one of {', '.join(LANGUAGES)} with --lang"
        )
    return language


def _read(path: Path) -> str:
    from codetune.errors import DataError

    try:
        # Bytes that are no UTF-8 reach the language's own compiler, which has its own word for them.
        return path.read_text("utf-8", "surrogateescape")
    except OSError as error:
        raise DataError(f"the file can't be read: {error.strerror}", where=str(path)) from error


def _print(executions: list[Execution], *, as_json: bool) -> None:
    from dataclasses import asdict

    from rich.markup import escape

    from codetune.cli.console import console, print_result

    if as_json:
        print_result([asdict(execution) for execution in executions], as_json=True)
        return
    for execution in executions:
        colour = _COLOURS.get(execution.verdict.value, "red")
        console().print(
            f"[{colour}]{execution.verdict:<13}[/] {escape(execution.id)}  {execution.cpu_seconds:.3f} s CPU, "
            f"{execution.wall_seconds:.3f} s, tier {execution.tier}, integrity {execution.integrity}"
            + (f"\n              {escape(execution.detail)}" if execution.detail else "")
        )
        for name, text in (("stdout", execution.stdout), ("stderr", execution.stderr)):
            if text:
                console().print(f"[dim]{name}:[/]")
                # A program may print anything; the terminal gets text, not its control codes.
                shown = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
                console().print(shown.rstrip("\n"), markup=False)


def exec(
    files: Annotated[list[Path], typer.Argument(help="Program files.", show_default=False)],
    lang: Annotated[
        str | None, typer.Option(help="Language; told from the file's name if not given.")
    ] = None,
    tests: Annotated[Path | None, typer.Option(help="File of tests, run after each program.")] = None,
    stdin: Annotated[Path | None, typer.Option(help="File the programs read as standard input.")] = None,
    expect: Annotated[
        Path | None, typer.Option(help="File of the standard output they have to print.")
    ] = None,
    test_isolation: Annotated[
        str, typer.Option(help="standard, or strict: tests stay outside the program's sandbox.")
    ] = "standard",
    no_sandbox: Annotated[
        bool, typer.Option("--no-sandbox", help="Run without isolation. Dangerous; stamps each result.")
    ] = False,
    cpu_seconds: Annotated[
        float, typer.Option(min=0.01, help="CPU seconds of a program and all it starts.")
    ] = 5.0,
    wall_seconds: Annotated[
        float | None,
        typer.Option(min=0.01, help="Seconds on the clock; 4 x the CPU seconds + 2 if not given."),
    ] = None,
    memory_mib: Annotated[int, typer.Option(min=16, help="MiB of memory.")] = 1024,
    disk_mib: Annotated[int, typer.Option(min=1, help="MiB of files.")] = 64,
    output_kib: Annotated[int, typer.Option(min=1, help="KiB printed.")] = 1024,
    processes: Annotated[int, typer.Option(min=1, help="Processes and threads.")] = 32,
    workers: Annotated[int | None, typer.Option(min=1, help="Programs at the same time.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Run programs in the sandbox and say how each ended; exit code 0 only if all passed.

    Without tests or expected output a program passes when it runs to its end.

    Example: codetune exec solution.py --tests test_solution.py --test-isolation strict
    """
    from codetune.execution.open import open_executor
    from codetune.execution.protocol import Limits, Program

    limits = Limits(
        cpu_seconds=cpu_seconds,
        wall_seconds=wall_seconds,
        memory_bytes=memory_mib << 20,
        output_bytes=output_kib << 10,
        disk_bytes=disk_mib << 20,
        processes=processes,
    )
    programs = [
        Program(
            id=str(path),
            language=_language(path, lang),
            code=_read(path),
            tests=None if tests is None else _read(tests),
            stdin=None if stdin is None else _read(stdin),
            expected_stdout=None if expect is None else _read(expect),
            limits=limits,
        )
        for path in files
    ]
    executor = open_executor(workers, sandbox=not no_sandbox, test_isolation=test_isolation)
    try:
        executions = list(executor.run(programs))
    finally:
        executor.close()
    _print(executions, as_json=as_json)
    if any(execution.verdict != "PASS" for execution in executions):
        raise typer.Exit(1)
