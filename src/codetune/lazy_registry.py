"""A registry by name whose entries are loaded when they are asked for.

Naming an entry as `module:attribute` keeps a command from importing every source and every generator
to run one of them. An entry may also be given as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any, TypeVar

__all__ = ["LazyRegistry", "load"]

T = TypeVar("T")


def load(place: str) -> Any:
    """The attribute that `module:attribute` names; its module is imported."""
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)


class LazyRegistry(MutableMapping[str, T]):
    """Name -> entry.

    Args:
        places: Name -> `module:attribute`.
        called: Whether each attribute is a class whose instance is the entry.
    """

    def __init__(self, places: Mapping[str, str], *, called: bool = False) -> None:
        self._places: dict[str, str | None] = dict(places)
        self._loaded: dict[str, T] = {}
        self._called = called

    def __getitem__(self, name: str) -> T:
        if name not in self._loaded:
            place = self._places[name]
            assert place is not None
            self._loaded[name] = self.found(name, place)
        return self._loaded[name]

    def found(self, name: str, place: str) -> T:
        """The entry that a name stands for, once its module is imported."""
        held = load(place)
        entry: T = held() if self._called else held
        return entry

    def __setitem__(self, name: str, entry: T) -> None:
        self._places.setdefault(name, None)
        self._loaded[name] = entry

    def __delitem__(self, name: str) -> None:
        del self._places[name]
        self._loaded.pop(name, None)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
