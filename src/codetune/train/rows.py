"""Turns dataset directories into encoded rows: those to train on, those held out, those rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from codetune.edits.formats.registry import EditFormat, edit_format
from codetune.errors import DataError
from codetune.records import Conversation, Edit, Instruction, Record
from codetune.rejection import Rejection
from codetune.seeding import rank
from codetune.store.atomic import replacing
from codetune.store.dataset import Dataset
from codetune.store.schema import table_of, to_row
from codetune.text.conversation import conversation_of
from codetune.text.edit_conversation import edit_conversation, plain_edit, turns_conversation
from codetune.train.config import TrainConfig
from codetune.train.encoding import Encoded, Encoder

__all__ = ["TRAINABLE", "TrainingRows", "encode_datasets", "encode_edit", "write_rejects"]

TRAINABLE = (Instruction, Conversation, Edit)
"""Records that can be trained on."""

_Groups = tuple[str, str]
"""A row's group, and its file: the group to fall back on where all rows are of one repository."""


@dataclass(frozen=True)
class TrainingRows:
    """Rows as tokens.

    Attributes:
        train: Rows to train on, in the datasets' order.
        held_out: Rows the loss is measured on; they share no group with `train`.
        rejected: Each row left out, and why.
        licenses: Licence (or `unknown`) -> rows to train on.
        held_out_by: What the two parts share none of: `group` (a repository or a problem), `file` or `row`.
    """

    train: list[Encoded]
    held_out: list[Encoded]
    rejected: list[tuple[Record, Rejection]]
    licenses: dict[str, int]
    held_out_by: str = "group"


def _conversations(
    datasets: Sequence[Dataset[Record]],
) -> Iterator[tuple[Record, Conversation | Edit, _Groups]]:
    for dataset in datasets:
        for record in dataset:
            if isinstance(record, Instruction):
                group = record.lineage.group or record.id
                yield record, conversation_of(record), (group, record.lineage.path or record.id)
            elif isinstance(record, Edit):
                group = record.lineage.group or record.id
                yield record, record, (group, record.lineage.path or record.id)
            else:
                assert isinstance(record, Conversation), "the stage checked the type of the rows"
                yield record, record, (record.row_id, record.row_id)


def encode_datasets(
    datasets: Sequence[Dataset[Record]], encoder: Encoder, config: TrainConfig, seed: int
) -> TrainingRows:
    """Encode every row, and keep some out of training.

    Whole groups are held out: a repository or a problem, a file where all rows are of one repository,
    single rows where that is one file. They are chosen by hash, so the choice depends on the seed and not on the order.

    Raises:
        DataError: No row can be trained on.
    """
    rows: list[tuple[_Groups, Encoded, str]] = []
    rejected: list[tuple[Record, Rejection]] = []
    seen: set[str] = set()
    for record, conversation, groups in _conversations(datasets):
        if record.id in seen:
            rejected.append((record, Rejection("duplicate-id", "the same row is in the inputs twice")))
            continue
        seen.add(record.id)
        try:
            if isinstance(conversation, Edit):
                encoded = encode_edit(conversation, encoder, edit_format(config.edit_format))
            else:
                encoded = encoder.encode(record.id, conversation.messages)
        except Rejection as rejection:
            rejected.append((record, rejection))
        else:
            rows.append((groups, encoded, conversation.license or "unknown"))
    if not rows:
        reasons = Counter(rejection.reason for _, rejection in rejected).most_common(1)
        raise DataError(
            f"there is nothing to train on: all {len(rejected)} rows were rejected, most as {reasons[0][0]}"
            if reasons
            else "there is nothing to train on: the datasets have no rows",
            where=", ".join(str(dataset.folder) for dataset in datasets),
        )
    kinds = [len({groups[level] for groups, _, _ in rows}) for level in (0, 1)]
    level = next((level for level, found in enumerate(kinds) if found > 1), 2)
    grouped = [((*groups, encoded.row_id)[level], encoded, license_) for groups, encoded, license_ in rows]
    held = _held_out_groups(grouped, config, seed)
    train = [(encoded, license_) for group, encoded, license_ in grouped if group not in held]
    return TrainingRows(
        train=[encoded for encoded, _ in train],
        held_out=[encoded for group, encoded, _ in grouped if group in held],
        rejected=rejected,
        licenses=dict(sorted(Counter(license_ for _, license_ in train).items())),
        held_out_by=("group", "file", "row")[level],
    )


def encode_edit(edit: Edit, encoder: Encoder, form: EditFormat) -> Encoded:
    """An edit with as many of its latest steps as fit.

    A model that has the edit tokens reads turns of their own for history, file and request, and text
    that looks like a token stays text. Other models read one turn, and refuse such text.

    Raises:
        Rejection: It is too long without any, or can't be learned from.
    """
    steps = len(edit.history)
    plain = encoder.plain_text
    layout = edit_conversation if plain is None else turns_conversation
    shown = edit if plain is None else plain_edit(edit, plain)
    while True:
        try:
            return encoder.encode(edit.id, layout(shown, form, steps=steps).messages)
        except Rejection as rejection:
            if rejection.reason != "too-long" or steps == 0:
                raise
            steps -= 1


def _held_out_groups(rows: Sequence[tuple[str, Encoded, str]], config: TrainConfig, seed: int) -> set[str]:
    wanted = min(config.held_out_rows, int(config.held_out_fraction * len(rows)))
    sizes = Counter(group for group, _, _ in rows)

    def key(group: str) -> bytes:
        return rank(seed, group, "held-out")

    held: set[str] = set()
    for group in sorted(sizes, key=key):
        if sizes[group] <= wanted:  # larger groups would take too many rows from training
            held.add(group)
            wanted -= sizes[group]
    return held


def write_rejects(folder: Path, rejected: Sequence[tuple[Record, Rejection]]) -> dict[str, int]:
    """Write `rejects/part-00000.parquet`, as dataset directories have it.

    Returns:
        Reason -> rows.
    """
    by_kind: dict[type[Record], list[dict[str, object]]] = {}
    for record, why in rejected:
        row = {**to_row(record), "stage": "train", "reason": why.reason, "detail": why.detail}
        by_kind.setdefault(type(record), []).append(row)
    for number, (kind, rows) in enumerate(by_kind.items()):
        with replacing(folder / "rejects" / f"part-{number:05d}.parquet") as temporary:
            pq.write_table(table_of(kind, rows, rejects=True), temporary, compression="zstd")
    return dict(sorted(Counter(why.reason for _, why in rejected).items()))
