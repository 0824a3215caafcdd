"""Which model is tuned, and where its weights lie."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codetune.errors import ConfigError, DataError
from codetune.models.embedded.gguf_file import check_gguf, fingerprint
from codetune.models.embedded.smollm2 import smollm2_weights
from codetune.store.hashing import file_hash, json_hash
from codetune.train.weights.dequantize import dequantized_folder

if TYPE_CHECKING:
    import torch

__all__ = ["EMBEDDED", "BaseModel", "load_model", "load_tokenizer", "model_config"]

EMBEDDED = "embedded"


@dataclass(frozen=True)
class BaseModel:
    """A model as named by the user, found but not loaded.

    Attributes:
        name: What people call it, the same on every machine.
        hash: Of what its weights and tokenizer are read from.
        path: The GGUF file or the Hugging Face folder.
    """

    name: str
    hash: str
    path: Path

    @classmethod
    def find(cls, model: str) -> BaseModel:
        """Find a model.

        Args:
            model: `embedded`, a .gguf file, or a Hugging Face folder.

        Raises:
            ConfigError: There is no such file or folder.
            DataError: The file or folder is not a whole model.
            UsageError: The embedded model is not installed.
        """
        path = smollm2_weights() if model == EMBEDDED else Path(model).expanduser()
        if path.suffix == ".gguf" and path.is_file():
            check_gguf(path)
            return cls(path.stem, fingerprint(path), path)
        if not path.is_dir():
            raise ConfigError(
                f"there is no model called {model!r}",
                where="model",
                next_step="give `embedded`, a .gguf file, or a folder in Hugging Face's format",
            )
        if not (path / "config.json").exists() or not (path / "tokenizer.json").exists():
            raise DataError(
                "this is not a model in Hugging Face's format (config.json or tokenizer.json is missing)",
                where=str(path),
                next_step="download it with: hf download ORGANIZATION/NAME --local-dir FOLDER",
            )
        weights = [[file.name, fingerprint(file)] for file in sorted(path.glob("*.safetensors"))]
        if not weights:
            raise DataError("the model folder has no .safetensors weights", where=str(path))
        small = [[name, file_hash(path / name)] for name in ("config.json", "tokenizer.json")]
        return cls(path.name, json_hash([small, weights])[:12], path)

    @property
    def is_gguf(self) -> bool:
        return self.path.suffix == ".gguf"

    def folder(self, cache: Path) -> Path:
        """A Hugging Face folder with its plain weights; a GGUF file is de-quantised once."""
        return dequantized_folder(self.path, cache) if self.is_gguf else self.path


def load_model(folder: Path, dtype: torch.dtype) -> Any:
    """The whole model, on the CPU, ready to be changed.

    Raises:
        DataError: The library doesn't know the architecture, or weights are missing.
    """
    import transformers

    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, attn_implementation="sdpa", local_files_only=True
        )
    except (OSError, ValueError) as error:
        raise DataError(
            f"the model can't be loaded: {str(error).splitlines()[0]}",
            where=str(folder),
            next_step="give a causal language model that the transformers library knows",
        ) from error


def load_tokenizer(folder: Path) -> Any:
    """The model's `tokenizers.Tokenizer`; quicker and stricter than the library's wrapper."""
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def model_config(folder: Path) -> dict[str, Any]:
    """A model folder's `config.json`."""
    config: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
    return config
