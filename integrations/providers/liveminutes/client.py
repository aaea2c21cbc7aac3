"""Calls by method, in the chosen style, and what `resultcode` 0 may mean: the API itself never says."""

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from integrations.errors import OutcomeUnknown, ProviderError, Rejected, Transient, Unauthorised, Unsupported
from integrations.http import Http
from integrations.past import Memory
from integrations.providers.liveminutes.methods import LONGEST_ID, METHODS

# The share of an allowance at which staff are warned.
NEARLY = 0.9


class LocalValidationError(Unsupported):
    """Refused before it was sent, because there it would only be a 0."""


class QuotaExceeded(Unsupported):  # noqa: N818  (as the contract names it)
    """The account's allowance is used up; nothing was sent."""


class OperationFailed(Rejected):  # noqa: N818
    """`resultcode` 0, with the causes that our own knowledge leaves open."""


class Client:
    """`options`: those of the connection, with their defaults."""

    def __init__(self, http: Http, options: Mapping[str, Any], memory: Memory) -> None:
        self.http, self.options, self.memory = http, options, memory

    def call(self, method: str, **values: Any) -> dict[str, Any]:
        """The answer's fields. Raises the six errors; 0 is OperationFailed, or Unauthorised where that is the likely cause."""
        answered = self._send(method, values)
        if answered is None:
            raise self._failed(method, str(values.get("meetingKey", "")))
        return answered

    def ask(self, method: str, **values: Any) -> dict[str, Any] | None:
        """As `call`, but 0 is an answer: what is asked for is not there."""
        answered = self._send(method, values)
        if answered is None and not self.memory.proven():
            failure = self._failed(method, str(values.get("meetingKey", "")))
            if isinstance(failure, Unauthorised):
                raise failure
        return answered

    def _send(self, method: str, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """None for 0."""
        spec = METHODS[method]
        sent = {name: value for name, value in values.items() if value not in (None, "") or name in spec.required}
        validate(method, sent)
        style = str(self.options["body_style"])
        given: dict[str, Any] = {"json": sent} if style == "json" else {"params" if style == "query" else "data": sent}
        answer = self.http.request("POST", f"/{method}", write=spec.makes, **given)
        lost: type[ProviderError] = OutcomeUnknown if spec.makes else Transient
        try:
            body = json.loads(answer.text.lstrip("\ufeff").strip())
            code = str(body["resultcode"]).strip()
        except (ValueError, KeyError, TypeError):
            raise lost(
                f"{method}: this is no answer of LiveMinutes: {answer.text[:200]}", status=answer.status
            ) from None
        if code == "0":
            return None
        if code != "1":
            raise lost(f"{method}: resultcode {code} is not documented.", status=answer.status)
        missing = [name for name in spec.answers if not body.get(name)]
        if missing:
            raise lost(f"{method}: the answer lacks {', '.join(missing)}.", status=answer.status)
        self.memory.prove()
        return dict(body)

    def _failed(self, method: str, key: str) -> ProviderError:
        """A 0 in words. Where nothing has proved the credentials lately, a key that is known to work decides."""
        probe = str(self.options["auth_probe_key"])
        proven = self.memory.proven()
        if probe and (key == probe or not proven):
            proven = key != probe and self._send("getMeetingStatus", {"meetingKey": probe}) is not None
            if not proven:
                return Unauthorised(
                    _("LiveMinutes answers 0 also for the meeting that is known to work: account or token are wrong.")
                )
        causes = self._causes(method, key, proven)
        return OperationFailed(
            _("LiveMinutes says only that “%(method)s” failed. Possible: %(causes)s")
            % {"method": method, "causes": " ".join(causes)}
        )

    def _causes(self, method: str, key: str, proven: bool) -> list[str]:
        causes = []
        if not proven:
            causes.append(_("Account or token may be wrong; nothing has proved them lately."))
        if method == "createMeeting":
            causes.append(_("A meeting with this key may exist already."))
        elif not self.memory.knows("session", key):
            causes.append(_("We have not made a meeting with this key."))
        else:
            causes.append(_("The meeting may have been cancelled or be over."))
        for kind, allowed in (("session", "session_limit"), ("user", "user_limit")):
            used, limit = self.memory.count(kind), int(self.options[allowed])
            if used >= NEARLY * limit:
                causes.append(
                    _("The account's allowance may be used up: we count %(used)d of %(limit)d (%(kind)s).")
                    % {"used": used, "limit": limit, "kind": kind}
                )
        return causes

    def reserve(self, key: str, users: list[str]) -> None:
        """Before a meeting is made or somebody added: is there room? Raises QuotaExceeded. `key` "": no new meeting."""
        fresh = {user for user in users if not self.memory.knows("user", user)}
        sessions = self.memory.count("session") + (1 if key and not self.memory.knows("session", key) else 0)
        people = self.memory.count("user") + len(fresh)
        if key and sessions > int(self.options["session_limit"]):
            raise QuotaExceeded(
                _("All %(limit)d meetings of this LiveMinutes account are used. Ask LiveMinutes for more.")
                % {"limit": int(self.options["session_limit"])}
            )
        if fresh and people > int(self.options["user_limit"]):
            raise QuotaExceeded(
                _("All %(limit)d people of this LiveMinutes account are used. Ask LiveMinutes for more.")
                % {"limit": int(self.options["user_limit"])}
            )


def validate(method: str, values: Mapping[str, Any]) -> None:
    """What can be known to fail is not sent."""
    spec = METHODS[method]
    absent = [name for name in spec.required if name not in values]
    long = [name for name in ("hostid", "puid") if len(str(values.get(name, ""))) > LONGEST_ID]
    empty = [name for name in ("hostid", "puid") if name in values and not str(values[name])]
    unknown = [name for name in values if name not in spec.required + spec.optional]
    if absent or long or empty or unknown:
        wrong = ", ".join([*absent, *long, *empty, *unknown])
        raise LocalValidationError(
            _("%(method)s: missing, too long or unknown: %(fields)s") % {"method": method, "fields": wrong}
        )
