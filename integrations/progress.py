"""settings.MEMBER_PROGRESS: how far members' accounts at their providers are, read from the mirrors."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.models import Brand, Professional
from integrations.models import ONBOARDING, Connection, Enrolment, Mirror
from integrations.words import kind_name
from scheduling.models import MeetingType
from scheduling.progress import WORST_FIRST, Part, Standing, State

# Kinds that are named after the member herself; the rest belongs to her by `owner_uid`.
OWN = ("user", "availability", "personal_page")


class MirrorProgress:
    def in_state(self, members: QuerySet[Professional], brand: Brand, state: State) -> QuerySet[Professional]:
        """Those of `members` whose account as a whole is in `state`; says the same as `of`."""
        uid = Cast(OuterRef("pk"), CharField())
        hers = Mirror.objects.filter(
            Q(kind__in=OWN, local_uid=uid) | Q(kind="meeting_type", owner_uid=uid), connection__brand=brand
        )
        if state in (State.BUILT_IN, State.NOT_STARTED):
            belongs = Q(enrolment__connection__isnull=False)
            if Connection.objects.filter(brand=brand, is_default=True).exists():
                belongs |= Q(enrolment__isnull=True)
            return members.filter(belongs if state == State.NOT_STARTED else ~belongs).exclude(Exists(hers))
        worse = WORST_FIRST[: WORST_FIRST.index(state)]
        found = members.filter(Exists(hers.filter(of_state(state))))
        for other in worse:
            found = found.exclude(Exists(hers.filter(of_state(other))))
        return found

    def of(self, members: Iterable[Professional], brand: Brand) -> dict[int, Standing]:
        """Four queries, however many members."""
        pks = [member.pk for member in members]
        uids = list(map(str, pks))
        connections = {row.pk: row for row in Connection.objects.filter(brand=brand)}
        default = next((row for row in connections.values() if row.is_default), None)
        chosen = dict(Enrolment.objects.filter(professional__in=pks).values_list("professional", "connection"))
        rows = Mirror.objects.filter(
            Q(kind__in=OWN, local_uid__in=uids) | Q(kind="meeting_type", owner_uid__in=uids), connection__in=connections
        )
        mirrors = sorted(rows, key=lambda row: (ONBOARDING.index(row.kind), row.pk))
        types = {row.local_uid for row in mirrors if row.kind == "meeting_type" and row.local_uid.isdigit()}
        titles = dict(MeetingType.objects.filter(pk__in=types).values_list("pk", "title")) if types else {}
        parts: dict[str, list[Part]] = defaultdict(list)
        for row in mirrors:
            name = titles.get(int(row.local_uid), "") if row.local_uid in types else ""
            owner = row.owner_uid if row.kind == "meeting_type" else row.local_uid
            parts[owner].append(_part(row, connections[row.connection_id], name))
        return {
            pk: _standing(connections.get(chosen[pk] or 0) if pk in chosen else default, parts[str(pk)]) for pk in pks
        }


def of_state(state: State) -> Q:
    """Mirror.state as a condition."""
    working = Q(leased_until__isnull=False, leased_until__gt=timezone.now())
    free = Q(leased_until=None) | Q(leased_until__lte=timezone.now())
    match state:
        case State.WORKING:
            return working
        case State.WAITING:
            return free & Q(due_at__isnull=False)
        case State.PARKED:
            return free & Q(due_at=None) & ~Q(last_error="")
        case State.DRIFTED:
            return free & Q(due_at=None, last_error="") & ~Q(drift={})
    return free & Q(due_at=None, last_error="", drift={})


def _part(row: Mirror, connection: Connection, name: str) -> Part:
    return Part(
        kind=row.kind,
        label=kind_name(row.kind),
        state=State(row.state),
        connection=connection.name,
        name=name,
        remote_id=row.remote_id,
        proven_at=row.proven_at,
        attempts=row.attempts,
        error=row.last_error,
    )


def _standing(connection: Connection | None, parts: list[Part]) -> Standing:
    states = {part.state for part in parts}
    state = next((one for one in WORST_FIRST if one in states), State.NOT_STARTED if connection else State.BUILT_IN)
    if connection is None:
        return Standing(state=state, parts=parts)
    problem = ""
    if not connection.is_active:
        problem = _("The connection is switched off.")
    elif connection.is_paused:
        problem = _("Onboarding is stopped.")
    elif connection.is_resting:
        problem = connection.last_error
    return Standing(state, connection.name, connection.provider, problem, parts)
