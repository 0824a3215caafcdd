"""A model in Hugging Face's format on disk, with or without a PEFT adapter: found, checked, named by its content.

In: a folder. Out: where its weights, adapter and tokenizer are, and a hash of them. Training starts
from a `ModelFolder`, evaluation asks one. Nothing is loaded until `load_model` is called.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codetune.errors import ConfigError, DataError, MissingExtraError
from codetune.models.embedded.gguf_file import fingerprint
from codetune.models.hub import is_hub_name, local_model, shown_name
from codetune.store.atomic import write_text
from codetune.store.hashing import file_hash, json_hash

if TYPE_CHECKING:
    import torch

__all__ = ["ModelFolder", "copy_tokenizer", "load_model", "load_tokenizer", "model_config", "said_by"]

_TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "special_tokens_map.json",
    "generation_config.json",
)  # fmt: skip
_VOCABULARIES = ("tokenizer.json", "tokenizer.model", "vocab.json")


@dataclass(frozen=True)
class ModelFolder:
    """A model as files.

    Attributes:
        path: Folder of the weights.
        adapter: Folder of a PEFT adapter, or None.
        tokenizer: Folder of the tokenizer: the adapter's, where the adapter brings its own.
        hash: Of settings, weights, adapter and tokenizer; 12 hexadecimal characters.
    """

    path: Path
    adapter: Path | None
    tokenizer: Path
    hash: str

    def knows(self, token: str) -> bool:
        """Whether the tokenizer's file names a token."""
        path = self.tokenizer / "tokenizer.json"
        return path.is_file() and json.dumps(token) in path.read_text("utf-8", "replace")

    @property
    def name(self) -> str:
        """Folder names and hash: what scores and the request store call it."""
        own = shown_name(self.path)
        folders = own if self.adapter is None else f"{own}+{self.adapter.resolve().name}"
        return f"{folders}@{self.hash}"

    @classmethod
    def find(cls, folder: Path, adapter: Path | None = None) -> ModelFolder:
        """Find a model, and an adapter on it.

        Args:
            folder: A model's folder, or an adapter's whose settings name the base model's folder.
            adapter: A PEFT adapter's folder.

        Raises:
            DataError: A folder lacks a file.
            ConfigError: An adapter was given whose base model is not on this machine.
        """
        if adapter is None and (folder / "adapter_config.json").is_file():
            folder, adapter = _base_of(folder), folder
        if adapter is not None and not (adapter / "adapter_config.json").is_file():
            raise DataError(
                "this is not a PEFT adapter (adapter_config.json is missing)",
                where=str(adapter),
                next_step="give the folder `adapter` of a training's output",
            )
        if not folder.is_dir():
            raise DataError("there is no such model folder", where=str(folder), next_step="check the path")
        if not (folder / "config.json").is_file():
            raise DataError(
                "this is not a model in Hugging Face's format (config.json is missing)",
                where=str(folder),
                next_step="download one with: hf download ORGANIZATION/NAME --local-dir FOLDER",
            )
        weights = sorted([*folder.glob("*.safetensors"), *folder.glob("pytorch_model*.bin")])
        if not weights:
            raise DataError(
                "the model folder has no weights (.safetensors)",
                where=str(folder),
                next_step="download it again with: hf download ORGANIZATION/NAME --local-dir FOLDER",
            )
        files = [folder / "config.json", *weights, *(sorted(adapter.glob("adapter_*")) if adapter else ())]
        tokenizer, vocabulary = _tokenizer([adapter, folder] if adapter else [folder])
        digest = json_hash([[file.name, fingerprint(file)] for file in files] + [file_hash(vocabulary)])
        return cls(folder, adapter, tokenizer, digest[:12])


def _base_of(adapter: Path) -> Path:
    try:
        config = json.loads((adapter / "adapter_config.json").read_text("utf-8"))
        named = str(config["base_model_name_or_path"])
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            "the adapter's settings can't be read",
            where=str(adapter / "adapter_config.json"),
            next_step="give the folder `adapter` of a training's output",
        ) from error
    if is_hub_name(named):
        return Path(local_model(named))
    if not Path(named).is_dir():
        raise ConfigError(
            f"the adapter was made for {named!r}, which is not a folder on this machine",
            where=str(adapter),
            next_step="give the base model's folder with --model and the adapter with --adapter",
        )
    return Path(named)


def _tokenizer(folders: Sequence[Path]) -> tuple[Path, Path]:
    for folder in folders:
        for name in _VOCABULARIES:
            if (folder / name).is_file():
                return folder, folder / name
    raise DataError(
        "the model folder has no tokenizer",
        where=str(folders[-1]),
        next_step="copy tokenizer.json and tokenizer_config.json of the model it was made from into it",
    )


def copy_tokenizer(folder: Path, target: Path) -> None:
    """Copy tokenizer, chat template and generation settings to a model made from this one."""
    for name in _TOKENIZER_FILES:
        if (folder / name).exists():
            write_text(target / name, (folder / name).read_text("utf-8"))
    for template in sorted(folder.glob("additional_chat_templates/*.jinja")):
        write_text(target / template.parent.name / template.name, template.read_text("utf-8"))


def load_model(folder: Path, dtype: torch.dtype) -> Any:
    """Load a causal language model's weights onto the CPU.

    Raises:
        MissingExtraError: transformers is not installed.
        DataError: The library does not know the architecture, or weights are missing.
    """
    try:
        import transformers
    except ImportError as error:
        raise MissingExtraError.of("loading a model folder", "train") from error
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, attn_implementation="sdpa", local_files_only=True
        )
    except Exception as error:  # the libraries meet broken files with errors of every kind
        raise DataError(
            f"the model can't be loaded: {said_by(error)}",
            where=str(folder),
            next_step="give a causal language model that the transformers library knows",
        ) from error


def said_by(error: Exception) -> str:
    """The first line of a library's error, with its kind where it says little."""
    line = (str(error).splitlines() or [""])[0]
    return line if " " in line else f"{type(error).__name__} {line}".strip()


def load_tokenizer(folder: Path) -> Any:
    """The model's `tokenizers.Tokenizer`, which is faster and stricter than transformers' wrapper."""
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def model_config(folder: Path) -> dict[str, Any]:
    """A model folder's `config.json`."""
    config: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
    return config
