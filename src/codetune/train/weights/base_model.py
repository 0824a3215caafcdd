"""Which model is tuned: the embedded one, a GGUF file or a Hugging Face folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codetune.errors import ConfigError, DataError
from codetune.models.embedded.gguf_file import check_gguf, fingerprint
from codetune.models.embedded.smollm2 import smollm2_weights
from codetune.models.folder import ModelFolder, model_config
from codetune.models.hub import local_model, pinned_revision, shown_name
from codetune.train.weights.dequantize import dequantized_folder, gguf_config, gguf_license

__all__ = ["EMBEDDED", "BaseModel"]

EMBEDDED = "embedded"


@dataclass(frozen=True)
class BaseModel:
    """A model as the user named it: found, not loaded.

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
            model: `embedded`, a .gguf file, a Hugging Face folder, or `org/name` of the hub.

        Raises:
            ConfigError: There is no such file or folder, or it can't be had from the hub.
            DataError: The file or folder is not a whole model.
            UsageError: The embedded model is not installed.
        """
        path = smollm2_weights() if model == EMBEDDED else Path(local_model(model)).expanduser()
        if path.suffix == ".gguf" and path.is_file():
            check_gguf(path)
            return cls(path.stem, fingerprint(path), path)
        if not path.is_dir():
            raise ConfigError(
                f"there is no model called {model!r}",
                where="model",
                next_step="give `embedded`, a .gguf file, a folder in Hugging Face's format, or org/name of the hub",
            )
        found = ModelFolder.find(path)
        if found.adapter is not None:
            raise DataError(
                "this is an adapter, not a whole model",
                where=str(path),
                next_step="merge it first: codetune merge ADAPTER -o DIR",
            )
        if not (path / "tokenizer.json").is_file() or not any(path.glob("*.safetensors")):
            raise DataError(
                "training needs tokenizer.json and .safetensors weights, and one of them is missing",
                where=str(path),
                next_step="download the model with: hf download ORGANIZATION/NAME --local-dir FOLDER",
            )
        return cls(shown_name(path), found.hash, path)

    @property
    def identity(self) -> dict[str, str]:
        """What a run card says of it: name, hash, and for a model of the hub the commit."""
        revision = pinned_revision(self.path)
        return {"name": self.name, "hash": self.hash, **({"revision": revision} if revision else {})}

    @property
    def is_gguf(self) -> bool:
        return self.path.suffix == ".gguf"

    def config(self) -> dict[str, Any]:
        """The model's `config.json`, without reading its weights."""
        return gguf_config(self.path) if self.is_gguf else model_config(self.path)

    def license(self) -> str | None:
        """Its licence as a lower-case SPDX name, where the model's own files say so."""
        if self.is_gguf:
            return gguf_license(self.path)
        readme = self.path / "README.md"
        if not readme.is_file():
            return None
        match = re.match(r"---\n(.*?)\n---", readme.read_text("utf-8", "replace"), re.DOTALL)
        named = re.search(r"^license:\s*[\"']?([\w.+-]+)", match[1], re.MULTILINE) if match else None
        return named[1].lower() if named else None

    def folder(self, cache: Path) -> Path:
        """A Hugging Face folder with its float weights; a GGUF file is de-quantised once into the cache."""
        return dequantized_folder(self.path, cache) if self.is_gguf else self.path
