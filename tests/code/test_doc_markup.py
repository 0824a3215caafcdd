"""Markup of real documentation becomes the words it stands for; what only looks like markup stays."""

from __future__ import annotations

import pytest

from codetune.code.doc_markup import without_markup


@pytest.mark.parametrize(
    ("docstring", "words"),
    [
        ("Returns {@code true} if {@link #isJson(String, Type) it is JSON}.", "Returns true if it is JSON."),
        ("See {@link com.acme.Gson#toJson(Object, Type)}.", "See com.acme.Gson.toJson(Object, Type)."),
        ("Like {@link #close}, but {@literal a < b}.", "Like close, but a < b."),
        ("{@code Map<String, {x}>} stays.", "Map<String, {x}> stays."),
        ("{@inheritDoc} More.", " More."),
        ('Runs <see cref="T:Polly.Policy`1"/> on <paramref name="key"/>.', "Runs Policy`1 on key."),
        ('A <see cref="M:Polly.Policy.Execute(System.Action)"/> call.', "A Execute call."),
        ('A <see cref="Builder{TResult}"/>.', "A Builder<TResult>."),
        ('<see langword="null"/> or <see cref="X">this one</see>.', "null or this one."),
        ("<summary>\nOne <c>two</c> <b>three</b>.\n</summary>", "\nOne two three.\n"),
        ('<p>See <a href="https://x.y">the page</a> &amp; more.</p>', "See the page & more."),
        (
            "A List<string> of Dictionary<int, T> where a<b.",
            "A List<string> of Dictionary<int, T> where a<b.",
        ),
        ("Nothing to do.", "Nothing to do."),
    ],
)
def test_markup_becomes_words(docstring: str, words: str) -> None:
    assert without_markup(docstring) == words
