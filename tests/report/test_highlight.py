from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.report.page_reader import PageReader

from codetune.report import highlight
from codetune.report.highlight import code_html, prose_html, visible, visible_attribute

TROJAN = "access = 'user\u202e \u2066// Check if admin\u2069 \u2066'"


MARK = re.compile(r'<span class="hidden-character"[^>]*>U\+([0-9A-F]+)</span>')


def shown(html: str) -> str:
    """The text a reader sees, with marks turned back into the characters they stand for."""
    pieces = MARK.split(html)
    texts = [unescape(re.sub(r"<[^>]*>", "", piece)) for piece in pieces[::2]]
    marked = [chr(int(code, 16)) for code in pieces[1::2]]
    return "".join(a + b for a, b in zip(texts, [*marked, ""], strict=True))


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=200), st.sampled_from(["python", "javascript", "rust", "php", "no such language", None])
)
def test_every_character_of_the_code_is_on_the_page_and_none_is_markup(
    code: str, language: str | None
) -> None:
    html = str(code_html(code, language, label="x", max_lines=10_000, max_columns=10_000))
    page = PageReader(html)
    assert not page.mismatched
    assert {tag for tag, _ in page.elements} <= {"pre", "code", "span"}
    wanted = code.replace("\r\n", "\n").strip("\n")
    assert shown(html) == wanted


@pytest.mark.parametrize("language", ["python", "html", None])
def test_markup_in_code_is_text(language) -> None:
    code = "</code></pre></script><script>alert(1)</script><img src=x onerror=alert(1)> \"'&amp;"
    page = PageReader(str(code_html(code, language, label="x")))
    assert not page.mismatched
    assert {tag for tag, _ in page.elements} == {"pre", "code"} | ({"span"} if language else set())
    assert page.text == code


def test_bidi_overrides_are_shown_and_not_obeyed() -> None:
    for html in (code_html(TROJAN, "python", label="x"), visible(TROJAN), visible_attribute(TROJAN)):
        assert not set("\u202e\u2066\u2069") & set(html)
        assert "U+202E" in html and html.count("U+2066") == 2


@pytest.mark.parametrize(
    "character",
    [
        "\x1b",
        "\x00",
        "\x07",
        "\x7f",
        "\x85",
        "\u200b",
        "\u200d",
        "\ufeff",
        "\u2028",
        "\u00ad",
        "\ud800",
        "\U000e0041",
    ],
)
def test_hidden_characters_are_named_by_their_code_point(character) -> None:
    html = str(code_html(f"a{character}b", "python", label="x"))
    assert character not in html
    assert f"U+{ord(character):04X}" in html
    html.encode("utf-8")


def test_tabs_line_ends_and_other_scripts_stay() -> None:
    assert str(visible("a\tb\nc 中文 é שלום")) == "a\tb\nc 中文 é שלום"
    assert "U+000D" not in code_html("a\r\nb", "python", label="x")
    assert "U+000D" in code_html("a\rb", "python", label="x")


def test_long_lines_and_long_code_are_cut_and_say_so() -> None:
    html = code_html("x = 1\n" * 100 + "y" * 5_000 + "\n", "python", label="x", max_lines=60)
    assert html.count("\n") == 59
    assert "41 more lines" in html
    html = code_html("y" * 5_000, "python", label="x")
    assert "longest has 5,000" in html
    assert len(html) < 1_000


def test_only_what_is_shown_is_highlighted(monkeypatch) -> None:
    """A megabyte on one line costs no more than the line that is shown."""
    lexed = []
    coloured = highlight._coloured
    monkeypatch.setattr(
        highlight, "_coloured", lambda code, language: lexed.append(len(code)) or coloured(code, language)
    )
    code_html("(" * 1_000_000, "python", label="x")
    code_html("x = 1\n" * 100_000, "python", label="x", max_lines=60)
    assert lexed == [401, 60 * 6 - 1]


def test_fences_become_code_and_the_rest_prose() -> None:
    html = str(prose_html("Look:\n```python\ndef f(): pass\n```\n<b>done</b>", None, label="x"))
    assert '<span class="k">def ' in html
    assert "&lt;b&gt;done&lt;/b&gt;" in html
    assert "```" not in html


def test_an_unclosed_fence_is_still_code() -> None:
    html = str(prose_html("```\nx = '</pre>'", "python", label="x"))
    assert html.count("<pre") == html.count("</pre>") == 1
    assert '<span class="s">' in html


def test_leading_blank_space_of_code_is_kept() -> None:
    assert ">    return 1" in re.sub(
        r"</?span[^>]*>", "", str(code_html("    return 1", "python", label="x"))
    )


def test_empty_code_is_an_empty_block() -> None:
    assert "<code></code>" in code_html("", "python", label="x")
