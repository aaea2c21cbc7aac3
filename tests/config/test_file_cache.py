"""What Django's file cache does in two steps is done in one here; first what happens without."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.cache.backends.filebased import FileBasedCache

from config.file_cache import FileCache

WORKERS = 8


def together(job) -> list:
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda _worker: job(), range(WORKERS)))


@pytest.fixture
def caches(tmp_path: Path, monkeypatch):
    """Both kinds on a disk that takes its time between a look and what follows."""
    look = FileBasedCache.get

    def slow(self, *args, **kwargs):
        found = look(self, *args, **kwargs)
        time.sleep(0.01)
        return found

    has = FileBasedCache.has_key

    def slow_has(self, *args, **kwargs):
        found = has(self, *args, **kwargs)
        time.sleep(0.01)
        return found

    monkeypatch.setattr(FileBasedCache, "get", slow)
    monkeypatch.setattr(FileBasedCache, "has_key", slow_has)
    return FileBasedCache(str(tmp_path / "plain"), {}), FileCache(str(tmp_path / "ours"), {})


def test_one_of_many_adds(caches):
    plain, ours = caches
    assert together(lambda: plain.add("lock", 1)).count(True) > 1
    assert together(lambda: ours.add("lock", 1)).count(True) == 1


def test_every_count_counts(caches):
    for cache, exact in zip(caches, (False, True), strict=True):
        cache.set("n", 0, 60)
        together(lambda cache=cache: cache.incr("n"))
        assert (cache.get("n") == WORKERS) is exact


def test_counting_up_leaves_the_life_and_needs_a_key(tmp_path):
    cache = FileCache(str(tmp_path), {})
    cache.set("n", 1, 0.3)
    assert cache.incr("n", 2) == 3
    time.sleep(0.35)
    assert cache.get("n") is None
    with pytest.raises(ValueError, match="no key"):
        cache.incr("n")
    cache.set("always", 1, None)
    assert cache.incr("always") == 2
