"""The fused loss is the plain one, value and gradients."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from codetune.train.loss import IGNORE_INDEX, token_loss


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
