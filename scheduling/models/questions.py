"""What is asked when a meeting type is booked, and what was answered."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.secrets import SealedField
from scheduling.models.bookings import Booking
from scheduling.models.meeting_types import MeetingType


def private_storage() -> Storage:
    """Outside of what is served as media; read by access-checked views only."""
    return FileSystemStorage(location=settings.PRIVATE_ROOT, file_permissions_mode=0o600)


class Question(models.Model):
    """One question of a meeting type. `options`: one a line; an answer names them by their number, so that they can be
    read in any language. `depends_value`: the option's number, yes or no; empty: any answer."""

    class Kind(models.TextChoices):
        TEXT = "text", _("Short text")
        LONG = "long", _("Long text")
        CHOICE = "choice", _("One of several")
        CHOICES = "choices", _("Several of several")
        YES_NO = "yes_no", _("Yes or no")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        PHONE = "phone", _("Phone number")
        FILE = "file", _("File")

    meeting_type = models.ForeignKey(
        MeetingType, models.CASCADE, related_name="questions", verbose_name=_("meeting type")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    kind = models.CharField(_("kind of answer"), max_length=8, choices=Kind, default=Kind.TEXT)
    label = models.CharField(_("question"), max_length=200)
    help_text = models.CharField(_("help"), max_length=300, blank=True)
    options = models.TextField(_("options"), max_length=2000, blank=True, help_text=_("One a line."))
    required = models.BooleanField(_("must be answered"), default=False)
    sensitive = models.BooleanField(
        _("sensitive"), default=False, help_text=_("Only the professional reads the answer, and never in a mail.")
    )
    depends_on = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("only after")
    )
    depends_value = models.CharField(_("if the answer is"), max_length=8, blank=True)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(depends_on=models.F("id")), name="question_not_after_itself"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def option_list(self) -> list[str]:
        return [line.strip() for line in self.options.splitlines() if line.strip()]

    @property
    def key(self) -> str:
        """Its name in forms."""
        return f"q{self.pk}"


class Answer(models.Model):
    """What one booking says to one question, with the question as it was read. All values are sealed at rest.

    `value`: text, a list of texts, or for a file its original name; never empty.
    """

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="answers", verbose_name=_("booking"))
    question = models.ForeignKey(
        Question, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("question")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    kind = models.CharField(_("kind of answer"), max_length=8, choices=Question.Kind)
    label = models.CharField(_("question"), max_length=200)
    sensitive = models.BooleanField(_("sensitive"), default=False)
    value = SealedField(_("answer"))
    raw = SealedField(default="", editable=False)  # what the form needs to show it again
    file = models.FileField(_("file"), upload_to="answers/%Y/%m/", storage=private_storage, blank=True)
    answered_at = models.DateTimeField(_("answered"), default=timezone.now)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["booking", "question"], name="answer_once_per_question")]

    def __str__(self) -> str:
        return self.label

    @property
    def text(self) -> str:
        """The answer as people read it."""
        value: Any = self.value
        return ", ".join(value) if isinstance(value, list) else str(value)

    @property
    def suffix(self) -> str:
        return Path(self.text).suffix.lower()
