"""Models by their name on the Hugging Face hub: `org/name`, or `org/name@REVISION`.

In: a name. Out: the folder of the downloaded files, whose name is the commit they are of. What is in
hub's own cache already is taken from there; with HF_HUB_OFFLINE nothing is asked of the network.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from codetune.errors import ConfigError

__all__ = [
    "check_hub_name",
    "hub_folder",
    "is_hub_name",
    "local_model",
    "pinned",
    "pinned_revision",
    "shown_name",
]

_NAME = re.compile(r"[\w][\w.-]*/[\w][\w.-]*(?:@[\w][\w./-]*)?", re.ASCII)
_FILES = (
    "*.json", "*.safetensors", "*.jinja", "*.model", "*.txt", "README.md", "LICENSE*",
)  # fmt: skip
"""What a model folder consists of; weights in other formats are not downloaded twice."""
_COMMIT = re.compile(r"[0-9a-f]{40}")


def is_hub_name(model: str) -> bool:
    """Whether a name can only be one on the hub: `org/name`, and no such file or folder here."""
    return _NAME.fullmatch(model) is not None and not Path(model).exists()


def local_model(model: str) -> str:
    """The name itself, or for a name on the hub the folder of its files.

    Raises:
        ConfigError: It is one on the hub, and it can't be had.
    """
    return str(hub_folder(model)) if is_hub_name(model) else model


def hub_folder(name: str) -> Path:
    """The folder of a model of the hub, downloaded where it is not cached.

    Args:
        name: `org/name` or `org/name@REVISION`; without a revision `main` is taken.

    Raises:
        ConfigError: It is not there, may not be had, or there is no network and no cached copy.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    repository, _, revision = name.partition("@")
    files = partial(
        snapshot_download, repository, revision=revision or None, allow_patterns=list(_FILES)
    )  # fmt: skip
    with _one_sentence(name):
        if _COMMIT.fullmatch(revision):
            try:  # a commit never changes, so nothing has to be asked
                return Path(files(local_files_only=True))
            except LocalEntryNotFoundError:
                pass
        return Path(files(local_files_only=_is_offline()))


def check_hub_name(name: str) -> None:
    """Whether a model of the hub can be had. No file of it is downloaded.

    Args:
        name: `org/name` or `org/name@REVISION`.

    Raises:
        ConfigError: As `hub_folder` does.
    """
    from huggingface_hub import HfApi, constants, snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    repository, _, revision = name.partition("@")
    with _one_sentence(name):
        try:
            snapshot_download(
                repository, revision=revision or None, allow_patterns=list(_FILES), local_files_only=True
            )
        except LocalEntryNotFoundError:
            if _is_offline():
                raise
            HfApi(endpoint=constants.ENDPOINT).model_info(repository, revision=revision or None)


def _is_offline() -> bool:
    from huggingface_hub import constants

    return constants.HF_HUB_OFFLINE or _is_true(os.environ.get("HF_HUB_OFFLINE", ""))


@contextmanager
def _one_sentence(name: str) -> Iterator[None]:
    """What the library and its HTTP client raise, as one error that says why a model can't be had."""
    try:
        yield
    except Exception as error:
        # Every error of the library is an OSError or a ValueError; a client's own may be neither.
        known = isinstance(error, OSError | ValueError)
        if not known and type(error).__module__.partition(".")[0] not in _CLIENTS:
            raise
        raise ConfigError(
            f"the model {name} can't be had: {_reason(error, offline=_is_offline())}",
            where="huggingface.co",
            next_step="check the name and the network, or give a model folder: hf download "
            f"{name.partition('@')[0]} --local-dir FOLDER",
        ) from error


_CLIENTS = ("huggingface_hub", "httpx", "httpx2", "httpcore", "requests", "urllib3")


def _reason(error: Exception, *, offline: bool) -> str:
    from huggingface_hub.errors import (
        GatedRepoError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if isinstance(error, GatedRepoError):
        return "its owners want it asked for first, and this machine's HF_TOKEN may not read it"
    if isinstance(error, RepositoryNotFoundError):
        return "there is no such model, or it is private and HF_TOKEN is not set"
    if isinstance(error, RevisionNotFoundError):
        return "it has no such revision"
    if isinstance(error, LocalEntryNotFoundError):
        return (
            "HF_HUB_OFFLINE is set, and no copy is in the cache"
            if offline
            else "the hub can't be reached, and no copy is in the cache"
        )
    if isinstance(error, ConnectionError) or type(error).__name__ in ("ConnectError", "ConnectTimeout"):
        return "the hub can't be reached, and no copy is in the cache"
    return (str(error).splitlines() or [type(error).__name__])[0]


def pinned(model: str, revision: str | None) -> str:
    """The name with the commit it meant, where it is one of the hub's; else the name itself."""
    return f"{model.partition('@')[0]}@{revision}" if revision and is_hub_name(model) else model


def _is_true(value: str) -> bool:
    return value.strip().upper() in ("1", "ON", "YES", "TRUE")


def pinned_revision(folder: Path) -> str | None:
    """The commit that a folder of the hub's cache holds; None for any other folder."""
    is_snapshot = folder.parent.name == "snapshots" and _COMMIT.fullmatch(folder.name)
    return folder.name if is_snapshot else None


def shown_name(folder: Path) -> str:
    """What a model folder is called: its own name, or its name on the hub."""
    if pinned_revision(folder) is None:
        return folder.name
    return folder.parent.parent.name.removeprefix("models--").replace("--", "/", 1)
