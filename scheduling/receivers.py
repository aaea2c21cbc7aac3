"""Signals → marks. One line each; what follows happens after the transaction."""

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from directory import audit
from directory.models import Brand, Device, Office, Person, Professional
from directory.signals import device_is_new, job_queued, professional_closing, professional_decided, professional_erased
from scheduling import availability, bookings, erasure
from scheduling.background import after_commit
from scheduling.models import AvailabilityOverride, AvailabilityRule, BookingEvent, BusyTime, EmbedSite, MeetingType

for model in (MeetingType, AvailabilityRule, AvailabilityOverride, BusyTime):
    for signal in (post_save, post_delete):
        signal.connect(availability.host_changed, sender=model, dispatch_uid=f"refresh {model.__name__} {id(signal)}")


audit.follow(MeetingType)
audit.follow(EmbedSite)


@receiver([post_save, post_delete], sender=MeetingType)
def her_page_changed(sender: type, instance: MeetingType, raw: bool = False, **_kwargs: object) -> None:
    """Who lists professionals by when they changed gets their meeting types with them."""
    if not raw:
        Professional.objects.filter(pk=instance.host_id).update(updated_at=timezone.now())


@receiver(post_save, sender=BookingEvent)
def note_the_booking(sender: type, instance: BookingEvent, raw: bool = False, **_kwargs: object) -> None:
    """The event has the reason and the times; it goes with the booking, the line of the log stays."""
    booking = instance.booking
    if not raw:
        audit.record(f"booking.{instance.kind}", booking, actor=instance.actor_user, brand=booking.host.brand_id)


@receiver(post_save, sender=Person)
def zone_may_have_changed(sender: type[Person], instance: Person, raw: bool = False, **_kwargs: object) -> None:
    """A host's hours are read on her wall clock."""
    if not raw and hasattr(instance, "professional"):
        availability.refresh_later(instance.professional.pk)


@receiver(post_save, sender=Brand)
def brand_may_be_paused(sender: type[Brand], instance: Brand, raw: bool = False, **_kwargs: object) -> None:
    if not raw:
        after_commit("scheduling.tasks.refresh_brand", instance.pk)


@receiver(post_save, sender=Professional)
def member_may_be_paused(
    sender: type[Professional], instance: Professional, raw: bool = False, **_kwargs: object
) -> None:
    if not raw:
        availability.refresh_later(instance.pk)


@receiver([post_save, post_delete], sender=Office)
def places_changed(sender: type, instance: Office, raw: bool = False, **_kwargs: object) -> None:
    """A meeting type without an office of its own takes place at her first one, at the hours there."""
    if not raw:
        availability.refresh_later(instance.professional_id)


@receiver(professional_closing)
def cancel_bookings(sender: type, professional: Professional, **_kwargs: object) -> None:
    """She leaves: her clients hear of it, in the same transaction."""
    bookings.cancel_all_of(professional)


@receiver(professional_erased)
def forget_the_member(sender: type, professional: Professional, **_kwargs: object) -> None:
    erasure.erase(professional)


@receiver(professional_decided)
def tell_the_member(sender: type, professional: Professional, **_kwargs: object) -> None:
    """The worker is ours; the mail is the directory's."""
    after_commit("scheduling.tasks.send_notice", professional.pk, professional.status)


@receiver(device_is_new)
def warn_of_the_log_in(sender: type, device: Device, **_kwargs: object) -> None:
    after_commit("scheduling.tasks.send_login_alerts")


@receiver(job_queued)
def wake_the_worker(sender: type, **_kwargs: object) -> None:
    after_commit("scheduling.tasks.run_jobs")
