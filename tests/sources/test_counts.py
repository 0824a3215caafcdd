"""Every row of every source is kept or rejected with its reason: the counts add up, as rows and in the run card."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.sources.upstream_samples import SAMPLES

from codetune.sources.registry import SOURCES


def test_each_source_has_a_sample():
    assert set(SAMPLES) == set(SOURCES)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_rows_in_are_rows_kept_and_rejected(name, tmp_path, collect):
    sample = SAMPLES[name]
    path = sample.write(tmp_path / "upstream")
    dataset = collect(source=name, path=str(path), **sample.settings)
    kept = list(dataset)
    reasons = Counter(row["reason"] for row in dataset.rejects())
    assert len(kept) * sample.of_each + reasons.total() == sample.rows, reasons
    assert kept
    assert reasons == Counter(sample.reasons)
    counts = dataset.card.counts
    assert (counts["kept"], counts["rejected"]) == (len(kept), reasons.total())
    assert dict(dataset.card.rejects) == dict(reasons)
