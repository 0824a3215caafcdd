"""The command line's entry: finds the command, runs it, turns errors into sentences and exit codes.

    0 done   1 failed   2 wrong usage   3 refused for safety   130 interrupted

A command's module is imported only when the command is named (or listed), and imports its package only
when it runs; so `--help` is quick and needs neither torch nor a model.
"""

from __future__ import annotations

import difflib
import errno
import importlib
import logging
import os
import shlex
import signal
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from codetune import __version__
from codetune.cli.failures import sentence_of, usage_sentence
from codetune.cli.streams import flush_output, open_streams, silence_output
from codetune.errors import CodetuneError

__all__ = ["COMMANDS", "app", "main"]

COMMANDS: dict[str, str] = {
    "Whole runs": "quickstart init run ablate doctor",
    "Data": "collect sources tasks histories area synth generators requests curate mix export",
    "Model": "edit-tokens train merge gguf serve",
    "Measure": "eval score compare exec report",
}
"""Panel of `--help` -> its commands; each is the function of that name (with `_` for `-`) in `codetune.cli.<folder>.<name>`."""

_INTERRUPTED = 130
_FOLDERS = {"Whole runs": "runs", "Data": "data", "Model": "model", "Measure": "measure"}
_PANEL = {name: panel for panel, names in COMMANDS.items() for name in names.split()}


class _CommandsByName(TyperGroup):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_PANEL)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _PANEL:
            return None
        name = cmd_name.replace("-", "_")
        module = importlib.import_module(f"codetune.cli.{_FOLDERS[_PANEL[cmd_name]]}.{name}")
        one = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
        one.command(cmd_name, rich_help_panel=_PANEL[cmd_name])(getattr(module, name))
        command = typer.main.get_command(one)
        command.name = cmd_name
        return command


def _version(wanted: bool) -> None:
    if wanted:
        print(f"codetune {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=_CommandsByName,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _codetune(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Turn code into verified instruction data, tune an open model on it, and measure what changed.

    Start with: codetune quickstart
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run the command line.

    Returns:
        The exit code; what was wrong is on stderr, in a sentence.
    """
    open_streams()
    _no_proxy_for_loopback()
    signal.signal(signal.SIGTERM, _terminated)
    try:
        os.getcwd()
    except OSError:
        return _failed("the current folder was deleted; change to another one.", 2)
    try:
        result: Any = typer.main.get_command(app).main(arguments, prog_name="codetune", standalone_mode=False)
        flush_output()
    except CodetuneError as error:
        return _failed(str(error), error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return _interrupted(arguments)
    except typer.TyperException as error:
        if not arguments:
            return 0  # the help was printed
        said = f"{usage_sentence(error)}.{_nearest(arguments)}"
        return _failed(f"{said} See: {_help_of(arguments)}", error.exit_code)
    except BrokenPipeError:
        silence_output()  # the reader of our output left (`codetune ... | head`)
        return 1
    except OSError as error:
        if _is_output(error):
            silence_output()
            return _failed(f"the result can't be printed: {(error.strerror or '').lower()}.", 1)
        return _failed(*sentence_of(error))
    except Exception as error:
        return _failed(*sentence_of(error))
    finally:
        _end_progress()
    if result == _INTERRUPTED:  # what typer makes of an interrupt
        return _interrupted(arguments)
    return result if isinstance(result, int) else 0


def _is_output(error: OSError) -> bool:
    """Whether a failed write to stdout is behind it: such an error names no file."""
    return error.filename is None and error.errno in (errno.ENOSPC, errno.EBADF, errno.EIO)


def _end_progress() -> None:
    console = sys.modules.get("codetune.cli.console")
    if console is not None:
        console.end_progress()


def _help_of(arguments: list[str]) -> str:
    command = arguments[0] if arguments and arguments[0] in _PANEL else ""
    return " ".join(["codetune", command, "--help"]).replace("  ", " ")


def _nearest(arguments: list[str]) -> str:
    if not arguments or arguments[0] in _PANEL or arguments[0].startswith("-"):
        return ""
    near = difflib.get_close_matches(arguments[0], _PANEL, n=1)
    return f" Did you mean {near[0]}?" if near else ""


def _no_proxy_for_loopback() -> None:
    # A proxy set for the internet must not see requests to our own server.
    for name in ("no_proxy", "NO_PROXY"):
        value = os.environ.get(name, "")
        if "127.0.0.1" not in value:
            os.environ[name] = f"{value},127.0.0.1,localhost".lstrip(",")


def _terminated(signum: int, frame: object) -> None:
    # `timeout` and service managers send it more than once; the first one is already being heeded.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _interrupted(arguments: list[str]) -> int:
    _end_progress()
    # Requests that were under way are dropped; asyncio would print a traceback for them.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    command = shlex.join(["codetune", *arguments])
    _say(f"Stopped. What was done is kept; to continue, run the same command again: {command}")
    return _INTERRUPTED


def _failed(sentence: str, exit_code: int) -> int:
    _end_progress()
    _say(f"Error: {sentence}")
    return exit_code


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
