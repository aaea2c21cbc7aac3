"""What can be booked."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from directory.models import Office, Professional
from scheduling.models.meeting_rooms import MeetingRoom


class MeetingTypeQuerySet(models.QuerySet["MeetingType"]):
    def public(self) -> "MeetingTypeQuerySet":
        """Shown on the profile."""
        return self.filter(visibility=MeetingType.Visibility.PUBLIC)

    def bookable(self) -> "MeetingTypeQuerySet":
        """Can be booked by somebody who has the address, shown or not."""
        return self.filter(visibility__in=[MeetingType.Visibility.PUBLIC, MeetingType.Visibility.LINK])


class MeetingType(models.Model):
    """A kind of appointment of one professional, with its rules. All durations are minutes."""

    class Visibility(models.TextChoices):
        PUBLIC = "public", _("Shown on the profile")
        LINK = "link", _("Only with the link")
        OFF = "off", _("Switched off")
        ARCHIVED = "archived", _("Archived")

    class Channel(models.TextChoices):
        ON_SITE = "on_site", _("In the office")
        VIDEO = "video", _("Video call")
        PHONE = "phone", _("Phone call")

    class WhileAsked(models.TextChoices):
        KEEP = "keep", _("The time is kept for whoever asks first")
        RACE = "race", _("Several may ask for the same time; I choose one")

    host = models.ForeignKey(Professional, models.CASCADE, related_name="meeting_types", verbose_name=_("professional"))
    slug = models.SlugField(_("URL name"), max_length=80)
    title = models.CharField(_("title"), max_length=80)
    description = models.TextField(_("description"), max_length=1000, blank=True)
    visibility = models.CharField(_("visibility"), max_length=8, choices=Visibility, default=Visibility.PUBLIC)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    engine = models.CharField(_("engine"), max_length=32, default="native", editable=False)

    channel = models.CharField(_("channel"), max_length=8, choices=Channel, default=Channel.ON_SITE)
    office = models.ForeignKey(
        Office, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("office")
    )
    any_office = models.BooleanField(
        _("at the office of the day"),
        default=False,
        help_text=_("On-site appointments take place at whichever office the hours say, instead of at a fixed one."),
    )
    needs_room = models.BooleanField(
        _("needs a meeting room"),
        default=False,
        help_text=_("Offered only while a room is free; the room is booked together with the appointment."),
    )
    rooms = models.ManyToManyField(
        MeetingRoom,
        blank=True,
        related_name="meeting_types",
        verbose_name=_("one of these rooms"),
        help_text=_("None chosen: any that is large enough."),
    )
    video_url = models.URLField(
        _("video link"),
        blank=True,
        help_text=_("Your own video room. Clients reach it through our join link, only after booking."),
    )
    price_text = models.CharField(_("price"), max_length=80, blank=True, help_text=_("As clients should read it."))
    preparation = models.TextField(
        _("preparation"),
        max_length=1000,
        blank=True,
        help_text=_("What to bring, entrance, dial-in: shown after booking and in mails."),
    )

    duration = models.PositiveSmallIntegerField(
        _("duration"), default=30, validators=[MinValueValidator(5), MaxValueValidator(720)]
    )
    step = models.PositiveSmallIntegerField(
        _("start every"),
        null=True,
        blank=True,
        validators=[MinValueValidator(5), MaxValueValidator(720)],
        help_text=_("Minutes between possible starts. Empty: the duration."),
    )
    buffer_before = models.PositiveSmallIntegerField(_("buffer before"), default=0, validators=[MaxValueValidator(480)])
    buffer_after = models.PositiveSmallIntegerField(_("buffer after"), default=0, validators=[MaxValueValidator(480)])
    notice = models.PositiveIntegerField(_("minimum notice"), default=240, validators=[MaxValueValidator(525_600)])
    horizon_days = models.PositiveSmallIntegerField(
        _("bookable ahead, days"), default=60, validators=[MinValueValidator(1), MaxValueValidator(730)]
    )
    last_date = models.DateField(_("last bookable date"), null=True, blank=True)
    seats = models.PositiveSmallIntegerField(
        _("seats"), default=1, validators=[MinValueValidator(1), MaxValueValidator(500)]
    )
    on_request = models.BooleanField(
        _("I confirm each booking myself"),
        default=False,
        help_text=_("Clients send a request. Without an answer within 24 hours, or half the time left, it runs out."),
    )
    while_asked = models.CharField(
        _("until I have answered"), max_length=4, choices=WhileAsked, default=WhileAsked.KEEP
    )
    daily_limit = models.PositiveSmallIntegerField(
        _("at most a day"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    weekly_limit = models.PositiveSmallIntegerField(
        _("at most a week"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    cancel_cutoff = models.PositiveIntegerField(
        _("clients may cancel until"), default=1440, help_text=_("Minutes before the start.")
    )
    move_cutoff = models.PositiveIntegerField(
        _("clients may move until"), default=1440, help_text=_("Minutes before the start.")
    )
    series_max = models.PositiveSmallIntegerField(
        _("bookable together"),
        null=True,
        blank=True,
        validators=[MinValueValidator(2), MaxValueValidator(20)],
        help_text=_("How many appointments a client may book at once. Empty: one by one."),
    )
    move_limit = models.PositiveSmallIntegerField(
        _("clients may move at most"),
        null=True,
        blank=True,
        help_text=_("How often a client may move one appointment online. Empty: as often as the cut-off allows."),
    )
    remind_week = models.BooleanField(_("remind clients a week before"), default=True)
    remind_day = models.BooleanField(_("remind clients a day before"), default=True)
    remind_hours = models.BooleanField(
        _("remind clients two hours before"), default=True, help_text=_("Video and phone calls only.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)

    objects = MeetingTypeQuerySet.as_manager()

    class Meta:
        verbose_name = _("meeting type")
        verbose_name_plural = _("meeting types")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["host", "slug"], name="meeting_type_slug_once_per_host"),
            models.CheckConstraint(condition=Q(duration__range=(5, 720)), name="meeting_type_duration_5_720"),
            models.CheckConstraint(condition=Q(step__isnull=True) | Q(step__gte=5), name="meeting_type_step_5"),
            models.CheckConstraint(condition=Q(seats__gte=1), name="meeting_type_seats_1"),
            models.CheckConstraint(
                condition=Q(daily_limit__isnull=True)
                | Q(weekly_limit__isnull=True)
                | Q(daily_limit__lte=F("weekly_limit")),
                name="meeting_type_daily_within_weekly",
                violation_error_message=_("The daily limit is above the weekly one."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"/p/{self.host.slug}/book/{self.slug}/"

    @property
    def is_bookable(self) -> bool:
        return self.visibility in (self.Visibility.PUBLIC, self.Visibility.LINK)

    @property
    def roams(self) -> bool:
        """Which office it is depends on the time."""
        return self.any_office and self.channel == self.Channel.ON_SITE

    @property
    def place(self) -> Office | None:
        """Where an on-site meeting happens."""
        if self.channel != self.Channel.ON_SITE:
            return None
        return self.office or self.host.main_office
