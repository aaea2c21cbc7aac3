"""Queries whose SQL is put together once: that takes the ORM ten times as long as the database takes to answer."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, Field, QuerySet


class Parameter(Expression):
    """A value that is known only when the query is asked; of the type of `field`."""

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, _compiler: Any, _connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return "%s", [self]


class Prepared:
    """`build(**parameters)` is a query of rows (`values_list`), `fields` are the types of its parameters; call it with their
    values. Django's own converters apply, and each thread prepares for its own connection.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], **fields: "Field[Any, Any]") -> None:
        self.build, self.fields = build, fields
        self.here = threading.local()

    def __call__(self, **values: Any) -> Iterator[tuple[Any, ...]]:
        connection = connections[DEFAULT_DB_ALIAS]
        if getattr(self.here, "connection", None) is not connection:
            self._prepare(connection)
        ready = {name: field.get_db_prep_value(values[name], connection) for name, field in self.fields.items()}
        params = [ready[one.name] if isinstance(one, Parameter) else one for one in self.here.params]
        with connection.cursor() as cursor:
            cursor.execute(self.here.sql, params)
            rows = cursor.fetchall()
        found: Iterator[tuple[Any, ...]] = self.here.compiler.results_iter([rows], tuple_expected=True)
        return found

    def _prepare(self, connection: Any) -> None:
        parameters = {name: Parameter(name, field) for name, field in self.fields.items()}
        self.here.compiler = self.build(**parameters).query.get_compiler(connection=connection)
        self.here.sql, self.here.params = self.here.compiler.as_sql()
        self.here.connection = connection
