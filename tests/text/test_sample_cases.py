"""Samples of real statements, and statements whose samples can't be paired."""

from __future__ import annotations

import tarfile
from pathlib import Path

from codetune.sources.stackexchange.html_text import html_text
from codetune.text.sample_cases import sample_cases

STATEMENT = """Add two numbers.
Sample Input 1

    1 2

Sample Output 1

    3

1 + 2 is 3.
Sample Input 2

    4
      5

Sample Output 2

    9"""


def test_samples_keep_their_inner_layout() -> None:
    assert sample_cases(STATEMENT) == (("1 2\n", "3\n"), ("4\n  5\n", "9\n"))


def test_a_sample_without_its_output_leaves_none() -> None:
    assert sample_cases(STATEMENT.replace("Sample Output 2", "Explanation")) == ()
    assert sample_cases("Add two numbers.") == ()


def test_most_of_codenets_statements_have_samples(shared_data: Path) -> None:
    found = count = 0
    with tarfile.open(shared_data / "codenet" / "problem_descriptions.tar.gz") as archive:
        for member in [one for one in archive.getmembers() if one.name.endswith(".html")][::40]:
            stream = archive.extractfile(member)
            assert stream is not None
            page = stream.read().decode("utf-8", "replace")
            start = page.find('<span class="lang-en"')
            count += 1
            found += bool(sample_cases(html_text(page[start:] if start >= 0 else page) or ""))
    assert found > 0.85 * count
