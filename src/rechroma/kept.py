"""The latest values, as many as fit into some bytes: what is made once need not be made again soon."""

import dataclasses
import hashlib
import pickle
import sys
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

V = TypeVar("V")


class Kept:
    """Values by what they were made of. For one thread at a time."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._values: OrderedDict[tuple[str, bytes], tuple[object, int]] = OrderedDict()

    @property
    def bytes(self) -> int:
        """Memory that the values hold; 0 to the limit."""
        return sum(size for _, size in self._values.values())

    def get(self, kind: str, made_of: object, make: Callable[[], V]) -> V:
        """Return the value of a kind that was made of this, or make and keep it; a larger one than fits is not kept.

        Args:
            kind: Of one kind are values of one type.
            made_of: Anything that can be pickled; a digest of it is remembered, so that it may be large.
            make: Makes the value.
        """
        key = (kind, hashlib.sha256(pickle.dumps(made_of)).digest())
        if key in self._values:
            self._values.move_to_end(key)
            return cast("V", self._values[key][0])
        value = make()
        size = bytes_of(value)
        if size <= self._most:
            self._values[key] = (value, size)
            while self.bytes > self._most:
                self._values.popitem(last=False)
        return value


def bytes_of(value: Any) -> int:  # noqa: ANN401 - whatever is kept
    """Count the bytes of arrays and byte strings in a value: in dataclasses and tuples, to the bottom."""
    if isinstance(value, np.ndarray):
        return value.nbytes if not isinstance(value.base, np.ndarray) else value.base.nbytes
    if dataclasses.is_dataclass(value):
        return sum(bytes_of(getattr(value, field.name)) for field in dataclasses.fields(value))
    if isinstance(value, tuple):
        return sum(map(bytes_of, value))
    return sys.getsizeof(value)
