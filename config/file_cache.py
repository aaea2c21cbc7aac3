"""The cache in a folder, for installations without Redis."""

import fcntl
import pickle
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.filebased import FileBasedCache


class FileCache(FileBasedCache):
    """Django's, which looks and then writes: two processes could both add one key, or count up from the same number.

    Locks and limits stand on both, so here one goes after the other. As in Redis, counting up leaves the key its life.
    """

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        with self._alone():
            return bool(super().add(key, value, timeout, version))

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> int:
        with self._alone():
            value = self.get(key, version=version)
            if value is None:
                raise ValueError(f"There is no key “{key}”.")
            with Path(self._key_to_file(key, version)).open("rb") as file:  # type: ignore[attr-defined]
                end = pickle.load(file)  # noqa: S301 - the cache's own file begins with when it ends
            self.set(key, value + delta, None if end is None else end - time.time(), version)
        return int(value + delta)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._createdir()  # type: ignore[attr-defined]
        with (Path(self._dir) / "lock").open("a") as file:  # type: ignore[attr-defined]
            fcntl.flock(file, fcntl.LOCK_EX)  # given back when the file is closed
            yield
