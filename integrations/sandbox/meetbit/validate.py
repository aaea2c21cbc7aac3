"""Rules for fields, with the sentences of Laravel."""

import re
from collections.abc import Callable, Iterable
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.meetbit.wire import invalid
from integrations.sandbox.store import Body

Rule = Callable[[Any], str]  # the complaint without its subject, "" for none
E164 = re.compile(r"\+[1-9]\d{1,14}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def text(longest: int = 255) -> Rule:
    def check(value: Any) -> str:
        if not isinstance(value, str):
            return "must be a string."
        return f"may not be greater than {longest} characters." if len(value) > longest else ""

    return check


def email(value: Any) -> str:
    return text()(value) or ("" if EMAIL.fullmatch(value) else "must be a valid email address.")


def phone(value: Any) -> str:
    return "" if isinstance(value, str) and E164.fullmatch(value) else "must be a valid E.164 number."


def boolean(value: Any) -> str:
    return "" if isinstance(value, bool) else "must be true or false."


def integer(value: Any) -> str:
    return "" if isinstance(value, int) and not isinstance(value, bool) else "must be an integer."


def zone(value: Any) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError, TypeError):
        return "must be a valid zone."
    return ""


class Check:
    """Gathers complaints about one body; `done()` raises them all."""

    def __init__(self, body: Any) -> None:
        self.body: Body = body if isinstance(body, dict) else {}
        self.errors: dict[str, list[str]] = {}

    def complain(self, field: str, sentence: str) -> None:
        self.errors.setdefault(field, []).append(sentence)

    def field(self, name: str, rule: Rule, *, required: bool = False, nullable: bool = False, inside: str = "") -> Any:
        """The value, or None where it is absent or wrong. `inside`: the dotted name of the object around it."""
        around = self.body.get(inside) if inside else self.body
        values = around if isinstance(around, dict) else {}
        spoken, path = name.replace("_", " "), f"{inside}.{name}" if inside else name
        if name not in values or (values[name] in (None, "") and required and not nullable):
            if required:
                sentence = f"The {spoken} field must be present." if nullable else f"The {spoken} field is required."
                self.complain(path, sentence)
            return None
        value = values[name]
        if value is None:
            if not nullable:
                self.complain(path, f"The {spoken} field is required.")
            return None
        wrong = rule(value)
        if wrong:
            self.complain(path, f"The {spoken} {wrong}")
            return None
        return value

    def people(self, name: str, most: int) -> list[Body]:
        """A list of {"name", "email"}."""
        given = self.body.get(name)
        if given is None:
            return []
        if not isinstance(given, list):
            self.complain(name, f"The {name.replace('_', ' ')} must be an array.")
            return []
        if len(given) > most:
            self.complain(name, f"The {name.replace('_', ' ')} may not have more than {most} items.")
        for number, person in enumerate(given):
            values = person if isinstance(person, dict) else {}
            for field, rule in (("name", text()), ("email", email)):
                wrong = rule(values[field]) if values.get(field) else "field is required."
                if wrong:
                    self.complain(f"{name}.{number}.{field}", f"The {name}.{number}.{field} {wrong}")
        return given

    def unique(self, field: str, value: Any, taken: Iterable[Any]) -> None:
        if value is not None and str(value).casefold() in {str(one).casefold() for one in taken if one is not None}:
            self.complain(field, f"The {field.replace('_', ' ')} has already been taken.")

    def done(self) -> None:
        if self.errors:
            raise invalid(self.errors)
