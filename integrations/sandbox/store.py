"""JSON objects by provider, kind and id in one SQLite table; safe for threads and processes."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Body = dict[str, Any]

TABLE = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    provider TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL DEFAULT '', body TEXT NOT NULL,
    UNIQUE (provider, kind, id)
);
CREATE INDEX IF NOT EXISTS objects_key ON objects (provider, kind, key);
"""


class Store:
    """Every call is atomic; `transaction()` makes several calls one, and lets in one writer at a time.

    `key` is one further text by which objects of a kind are found quickly: an owner, an e-mail address.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = str(path)
        Path(self.path).parent.mkdir(parents=True, exist_ok=True)
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._connection().executescript("PRAGMA journal_mode=WAL;" + TABLE)

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            # Used by one thread only; closed by whoever closes the store.
            connection = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA synchronous=NORMAL")
            self._local.connection = connection
            with self._lock:
                self._open.append(connection)
        return connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. May be nested; the outermost one counts."""
        connection = self._connection()
        if connection.in_transaction:
            yield
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def get(self, provider: str, kind: str, uid: str) -> Body | None:
        row = (
            self._connection()
            .execute("SELECT body FROM objects WHERE provider = ? AND kind = ? AND id = ?", (provider, kind, str(uid)))
            .fetchone()
        )
        return json.loads(row[0]) if row else None

    def all(self, provider: str, kind: str, key: str | None = None) -> list[Body]:
        """In the order in which they were made."""
        query, values = "SELECT body FROM objects WHERE provider = ? AND kind = ?", [provider, kind]
        if key is not None:
            query, values = query + " AND key = ?", [*values, str(key)]
        return [json.loads(row[0]) for row in self._connection().execute(query + " ORDER BY seq", values)]

    def put(self, provider: str, kind: str, uid: str, body: Body, key: str | None = None) -> Body:
        """Make or replace; without `key` an existing object keeps the one it has."""
        self._connection().execute(
            "INSERT INTO objects (provider, kind, id, key, body) VALUES (?, ?, ?, coalesce(?, ''), ?) "
            "ON CONFLICT (provider, kind, id) DO UPDATE SET body = excluded.body, key = coalesce(?, key)",
            (provider, kind, str(uid), key, json.dumps(body), key),
        )
        return body

    def delete(self, provider: str, kind: str, uid: str) -> bool:
        found = self._connection().execute(
            "DELETE FROM objects WHERE provider = ? AND kind = ? AND id = ?", (provider, kind, str(uid))
        )
        return found.rowcount > 0

    def next_number(self, provider: str, kind: str) -> int:
        """1, 2, 3 …: for providers whose ids are numbers. Never given twice, also after a delete."""
        with self.transaction():
            number = int((self.get(provider, "_number", kind) or {"last": 0})["last"]) + 1
            self.put(provider, "_number", kind, {"last": number})
        return number

    def kinds(self) -> list[tuple[str, str, int]]:
        """(provider, kind, how many)."""
        query = "SELECT provider, kind, count(*) FROM objects GROUP BY provider, kind ORDER BY provider, kind"
        return [(provider, kind, count) for provider, kind, count in self._connection().execute(query)]

    def clear(self) -> None:
        self._connection().execute("DELETE FROM objects")

    def close(self) -> None:
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()
        self._local = threading.local()
