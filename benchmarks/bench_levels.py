"""How levels spread in repositories that the cut points did not come from, and the cut points.

    python benchmarks/bench_levels.py DIR python=pallets/jinja java=apache/commons-text ...

DIR holds clones as OWNER+NAME, bare or not. The repositories named are measured; with `--cuts` the cut points of each
language are reckoned from all others in DIR that have at least fifty functions of it, each repository weighing the same, so
that half of what is neither a test nor generated is `beginner` and 15 of 100 functions are `advanced`. Of each repository
150 functions are drawn.
"""

from __future__ import annotations

import argparse
import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from codetune.code.functions import functions
from codetune.code.languages import PARSED_LANGUAGES, language_of_path
from codetune.code.shared_extensions import told_language
from codetune.seeding import rank
from codetune.sources.repositories.screening import is_generated, is_minified
from codetune.tasks.tagging.tags import level_of, profile_of, score_of

LEVELS = ("beginner", "intermediate", "advanced")
_MOST, _FEWEST, _FILES = 150, 50, 60
_LEFT_OUT = re.compile(
    r"(?i)(?:^|/)(?:tests?|__tests__|specs?|examples?|benchmarks?|benches|docs?|fuzz|node_modules|vendor|dist|build)(?:/|$)"
    r"|_test\.|\.test\.|\.spec\.|tests?\.\w+$|\.d\.ts$"
)


def git(folder: Path, *words: str) -> bytes:
    return subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=True).stdout


def clone_of(folder: Path) -> Path:
    return folder / "repo" if (folder / "repo").is_dir() else folder


def drawn(folder: Path, language: str) -> Iterator[tuple[float, str]]:
    """Score and level of up to `_MOST` functions."""
    names = git(folder, "ls-tree", "-r", "--name-only", "HEAD").decode("utf-8", "replace").split("\n")
    paths = [name for name in names if language_of_path(Path(name)) and not _LEFT_OUT.search(name)]
    found: list[tuple[float, str, str]] = []
    taken = 0
    for path in sorted(paths, key=lambda name: rank(0, name)):
        if language not in (language_of_path(Path(path)), "cpp" if path.endswith(".h") else None):
            continue
        text = git(folder, "show", f"HEAD:{path}").decode("utf-8-sig", "replace").replace("\r\n", "\n")
        if is_generated(path, text) or is_minified(path, text) or told_language(path, text) != language:
            continue
        taken += 1
        for span in functions(text, language):
            if span.statements and not span.has_error:
                found.append((rank(0, f"{path}:{span.start_line}"), span.code, path))
        if taken == _FILES:
            break
    for _, code, _ in sorted(found)[:_MOST]:
        profile = profile_of(code, language)
        yield score_of(profile), level_of(profile, language)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("clones", type=Path)
    parser.add_argument("measured", nargs="*", help="LANGUAGE=OWNER/NAME")
    parser.add_argument(
        "--languages", default="", help="those that are looked at, with commas between; empty takes all"
    )
    parser.add_argument(
        "--cuts", action="store_true", help="reckon the cut points from the other repositories"
    )
    arguments = parser.parse_intermixed_args()
    measured: dict[str, list[str]] = defaultdict(list)
    for pair in arguments.measured:
        language, _, name = pair.partition("=")
        measured[language].append(name)
    wanted = arguments.languages.split(",") if arguments.languages else sorted(PARSED_LANGUAGES)
    if arguments.cuts:
        named = {name.replace("/", "+") for names in measured.values() for name in names}
        print_cuts(
            [f for f in sorted(arguments.clones.iterdir()) if "+" in f.name and f.name not in named], wanted
        )
    print("| language | repositories | functions | " + " | ".join(LEVELS) + " | each, beginner |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for language in wanted:
        names = measured[language]
        of_each = {
            name: Counter(
                level for _, level in drawn(clone_of(arguments.clones / name.replace("/", "+")), language)
            )
            for name in names
        }
        found = sum(of_each.values(), Counter())
        shares = " | ".join(f"{found[level] / found.total():.0%}" for level in LEVELS)
        each = ", ".join(f"{counts['beginner'] / counts.total():.0%}" for counts in of_each.values())
        print(f"| {language} | {', '.join(names)} | {found.total()} | {shares} | {each} |", flush=True)


def print_cuts(folders: list[Path], languages: list[str]) -> None:
    """The scores that half, and 85 of 100, of a language's functions do not exceed."""
    print(
        "| language | repositories | functions | beginner up to | advanced above |\n| --- | ---: | ---: | ---: | ---: |"
    )
    for language in languages:
        of_each = [list(drawn(clone_of(folder), language)) for folder in folders]
        kept = [scores for scores in of_each if len(scores) >= _FEWEST]
        weighed = sorted((score, 1 / len(scores)) for scores in kept for score, _ in scores)
        cuts = [f"{quantile(weighed, share * len(kept)):.1f}" for share in (0.5, 0.85)] if kept else ["", ""]
        print(f"| {language} | {len(kept)} | {len(weighed)} | {' | '.join(cuts)} |", flush=True)


def quantile(weighed: list[tuple[float, float]], wanted: float) -> float:
    reached = 0.0
    for score, weight in weighed:
        reached += weight
        if reached >= wanted:
            return score
    return weighed[-1][0]


if __name__ == "__main__":
    main()
