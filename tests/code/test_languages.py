"""Languages by what people write, and by file name."""

from __future__ import annotations

from codetune.code.languages import LANGUAGES, canonical_language, display_name, language_of_path


def test_languages_by_extension_and_by_what_people_write() -> None:
    assert language_of_path("a/B.PY") == "python"
    assert language_of_path("a.b.tsx") == "typescript"
    assert language_of_path("Makefile") is None
    assert [canonical_language(n) for n in ("C++", "C#", "Golang", " PyPy3 ", "Brainfuck", "", None)] == [
        "cpp", "csharp", "go", "python", "brainfuck", None, None,
    ]  # fmt: skip


def test_every_alias_and_extension_belongs_to_one_language() -> None:
    aliases = [alias for one in LANGUAGES.values() for alias in one.aliases.split(",") if alias]
    endings = [ending for one in LANGUAGES.values() for ending in one.extensions.split()]
    assert len(aliases) == len(set(aliases))
    assert len(endings) == len(set(endings))


def test_written_names_lead_back_to_the_language() -> None:
    assert [display_name(name) for name in ("cpp", "csharp", "brainfuck")] == ["C++", "C#", "brainfuck"]
    assert {canonical_language(one.display) for one in LANGUAGES.values()} == set(LANGUAGES)
