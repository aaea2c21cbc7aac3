"""Signals of the apps below → marks. One line each; what follows happens in a worker.

`update()` and `bulk_create` send nothing: the sweep heals what they changed.
"""

from typing import Any

from django.db.models import Model
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from directory import audit
from directory.models import Person, Professional
from integrations import marks, moving
from integrations.desired import connection_of
from integrations.models import Connection, Enrolment
from integrations.room_models import RoomChoice, RoomOptions
from scheduling.models import AvailabilityOverride, AvailabilityRule, Booking, MeetingType

# Secrets are recorded by the verb that sets them: sealed values cannot be compared.
audit.follow(
    Connection,
    ignore=["credentials", "webhook_secret", "webhook_token", "resting_until", "last_ok_at", "last_error"]
    + ["last_error_at", "unanswered", "quiet_until", "swept_at", "sweep_note", "warned_days"],
)
audit.WORDS["connection.credentials"] = _("credentials entered")


@receiver(post_save, sender=Professional)
def professional_saved(sender: type[Model], instance: Professional, raw: bool = False, **_kwargs: Any) -> None:
    if not raw:
        marks.professional(instance)


@receiver(post_save, sender=Person)
def person_saved(
    sender: type[Model], instance: Person, raw: bool = False, created: bool = False, **_kwargs: Any
) -> None:
    if not raw and not created:
        marks.person(instance)


@receiver([post_save, pre_delete], sender=AvailabilityRule)
@receiver([post_save, pre_delete], sender=AvailabilityOverride)
def hours_changed(sender: type[Model], instance: AvailabilityRule, raw: bool = False, **_kwargs: Any) -> None:
    if not raw:
        marks.hours(instance.host_id)


@receiver([post_save, pre_delete], sender=MeetingType)
def meeting_type_changed(sender: type[Model], instance: MeetingType, raw: bool = False, **_kwargs: Any) -> None:
    if not raw:
        marks.meeting_type(instance)


@receiver(post_save, sender=Booking)
def booking_saved(sender: type[Model], instance: Booking, raw: bool = False, **_kwargs: Any) -> None:
    if not raw:
        marks.booking(instance)


@receiver([post_save, post_delete], sender=Enrolment)
def enrolment_changed(sender: type[Model], instance: Enrolment, raw: bool = False, **_kwargs: Any) -> None:
    if not raw:
        moving.follow([instance.professional], connection_of(instance.professional))


@receiver([post_save, post_delete], sender=RoomChoice)
def room_choice_changed(sender: type[Model], instance: RoomChoice, raw: bool = False, **_kwargs: Any) -> None:
    if not raw:
        marks.all_rooms(instance.professional)


@receiver([post_save, post_delete], sender=RoomOptions)
def room_options_changed(sender: type[Model], instance: RoomOptions, raw: bool = False, **_kwargs: Any) -> None:
    if not raw:
        marks.all_rooms(instance.meeting_type.host)
