"""Writes a safetensors file whole or not at all, and says in one sentence why it can't."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from codetune.errors import OutputError
from codetune.store.atomic import replacing

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["write_tensors"]


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors by name; the file appears only when it is complete.

    Raises:
        OutputError: No space, no permission.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    with replacing(path) as temporary:
        try:
            save_file(
                {name: tensor.detach().contiguous() for name, tensor in tensors.items()},
                temporary,
                dict(metadata),
            )
        except SafetensorError as error:  # the library reports a full disk by this, not by an OSError
            raise OutputError(
                f"the file can't be written: {error}",
                where=str(path),
                next_step="free some space and run it again",
            ) from error
