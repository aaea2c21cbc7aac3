"""Signals of the apps below → marks. One line each; what follows happens in a worker.

`update()` and `bulk_create` send nothing: the sweep heals what they changed.
"""

from typing import Any

from django.db.models import Model
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver

from directory.models import Person, Professional
from integrations import marks, remote_times
from integrations.models import Enrolment
from scheduling.models import AvailabilityOverride, AvailabilityRule, Booking, MeetingType


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
        remote_times.follow(instance.professional)
