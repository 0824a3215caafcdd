"""The fused loss is the plain one, value and gradients."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.nn import functional

from codetune.train.cpu.loss import token_loss
from codetune.train.encoding import IGNORE_INDEX


@pytest.mark.parametrize("positions", [5, 300])  # less than a chunk, several chunks
def test_equal_to_cross_entropy_with_gradients(positions: int) -> None:
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(3, positions, 16, generator=generator, requires_grad=True)
    weight = torch.randn(50, 16, generator=generator, requires_grad=True)
    labels = torch.randint(0, 50, (3, positions), generator=generator)
    labels[:, :2] = IGNORE_INDEX
    labels[1] = IGNORE_INDEX

    ours = token_loss(hidden, weight, labels)
    (ours * 0.25).backward()
    mine = (hidden.grad.clone(), weight.grad.clone())
    hidden.grad = weight.grad = None
    plain = functional.cross_entropy(
        (hidden[:, :-1] @ weight.t()).reshape(-1, 50), labels[:, 1:].reshape(-1), reduction="sum"
    )
    (plain * 0.25).backward()
    assert ours.item() == pytest.approx(plain.item(), rel=1e-5)
    torch.testing.assert_close(mine[0], hidden.grad, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(mine[1], weight.grad, rtol=1e-4, atol=1e-4)


def test_padding_at_the_right_changes_nothing() -> None:
    hidden, weight = torch.randn(1, 6, 8), torch.randn(20, 8)
    labels = torch.tensor([[IGNORE_INDEX, 4, 5, 6, IGNORE_INDEX, IGNORE_INDEX]])
    short = token_loss(hidden[:, :4], weight, labels[:, :4])
    assert token_loss(hidden, weight, labels).item() == pytest.approx(short.item(), rel=1e-6)


def test_a_rows_loss_does_not_depend_on_the_batch(tiny_model: Path) -> None:
    """The library's own cross entropy is the reference."""
    from codetune.models.folder import load_model, load_tokenizer
    from codetune.records import Message
    from codetune.text.chat_template import ChatTemplate
    from codetune.train.config import TrainConfig
    from codetune.train.cpu.loop import row_losses
    from codetune.train.encoding import Encoder

    encoder = Encoder(ChatTemplate.from_folder(tiny_model), load_tokenizer(tiny_model), 512)
    rows = [
        encoder.encode(
            str(n),
            [Message(role="user", content="Count."), Message(role="assistant", content="one two " * n)],
        )
        for n in (1, 40, 3, 17, 90)
    ]
    model = load_model(tiny_model, torch.float32)
    found = [
        row_losses(
            model, rows, TrainConfig(micro_batch_size=size, global_batch_size=8, micro_batch_tokens=tokens)
        )
        for size, tokens in ((1, 64), (2, 500), (8, 100_000))
    ]
    for other in found[1:]:
        assert other == pytest.approx(found[0], rel=1e-5)
    with torch.no_grad():
        losses = []
        for row in rows:
            logits = model(torch.tensor([row.input_ids]), use_cache=False).logits[0, :-1]
            labels = torch.tensor(row.labels)[1:]
            losses.append(functional.cross_entropy(logits, labels, reduction="none")[labels != IGNORE_INDEX])
    assert found[0] == pytest.approx([loss.sum().item() for loss in losses], rel=1e-5)
