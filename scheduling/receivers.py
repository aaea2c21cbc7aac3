"""Signals → marks. One line each; what follows happens after the transaction."""

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from directory.models import Person, Professional
from directory.signals import professional_closing, professional_decided
from scheduling import availability, bookings
from scheduling.background import after_commit
from scheduling.models import AvailabilityOverride, AvailabilityRule, BusyTime, MeetingType

for model in (MeetingType, AvailabilityRule, AvailabilityOverride, BusyTime):
    for signal in (post_save, post_delete):
        signal.connect(availability.host_changed, sender=model, dispatch_uid=f"refresh {model.__name__} {id(signal)}")


@receiver(post_save, sender=Person)
def zone_may_have_changed(sender: type[Person], instance: Person, raw: bool = False, **_kwargs: object) -> None:
    """A host's hours are read on her wall clock."""
    if not raw and hasattr(instance, "professional"):
        availability.refresh_later(instance.professional.pk)


@receiver(professional_closing)
def cancel_bookings(sender: type, professional: Professional, **_kwargs: object) -> None:
    """She leaves: her clients hear of it, in the same transaction."""
    bookings.cancel_all_of(professional)


@receiver(professional_decided)
def tell_the_member(sender: type, professional: Professional, **_kwargs: object) -> None:
    """The worker is ours; the mail is the directory's."""
    after_commit("scheduling.tasks.send_notice", professional.pk, professional.status)
