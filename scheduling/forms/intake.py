"""The questions of a meeting type as form fields, and the form in which they are written."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.languages import name as language_name
from scheduling import intake
from scheduling.forms.fields import PHONE, DateInput
from scheduling.models import MeetingType, Question

Kind = Question.Kind


def field_for(question: Question) -> forms.Field:
    """The field of one question. Whether an answer is missing is decided once all answers are known."""
    common: dict[str, Any] = {"label": question.label, "help_text": question.help_text, "required": False}
    options = [(str(number), option) for number, option in enumerate(question.option_list)]
    match question.kind:
        case Kind.LONG:
            field: forms.Field = forms.CharField(max_length=3000, widget=forms.Textarea(attrs={"rows": 4}), **common)
        case Kind.CHOICE:
            field = forms.ChoiceField(choices=options, widget=forms.RadioSelect, **common)
        case Kind.CHOICES:
            field = forms.MultipleChoiceField(choices=options, widget=forms.CheckboxSelectMultiple, **common)
        case Kind.YES_NO:
            field = forms.ChoiceField(choices=[("yes", _("Yes")), ("no", _("No"))], widget=forms.RadioSelect, **common)
        case Kind.NUMBER:
            field = forms.DecimalField(max_digits=12, decimal_places=3, **common)
        case Kind.DATE:
            field = forms.DateField(widget=DateInput, **common)
        case Kind.PHONE:
            widget = forms.TextInput(attrs={"type": "tel", "inputmode": "tel"})
            field = forms.CharField(max_length=40, validators=[PHONE], widget=widget, **common)
        case Kind.FILE:
            field = forms.FileField(max_length=150, validators=[intake.validate_file], **common)
            field.help_text = question.help_text or _("PDF, picture, text or Word file, up to 5 MB.")
        case _:
            field = forms.CharField(max_length=300, **common)
    field.wanted = question.required  # type: ignore[attr-defined]
    return field


class QuestionsMixin(forms.Form):
    """Adds the fields `q<id>`. `kept`: ids of file questions that have a file already."""

    questions: list[Question]

    def add_questions(self, questions: list[Question], kept: set[int] | None = None) -> None:
        self.questions, self.kept = questions, kept or set()
        for question in questions:
            self.fields[question.key] = field_for(question)

    def asked_fields(self) -> list[tuple[Question, BoundField, str]]:
        """Each question with its field and, where it depends on another answer, the words that say so."""
        return [(question, self[question.key], self._condition(question)) for question in self.questions]

    def _condition(self, question: Question) -> str:
        if question.depends_on is None:
            return ""
        known = intake.conditions(question.depends_on)
        words = {"question": question.depends_on.label, "answer": known.get(question.depends_value, "")}
        if words["answer"]:
            return _("Only if your answer to “%(question)s” is “%(answer)s”") % words
        return _("Only if you have answered “%(question)s”") % words

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        raw = {question.pk: data.get(question.key) for question in self.questions}
        asked = intake.asked(self.questions, raw)
        for question in self.questions:
            value = data.get(question.key)
            if question.pk not in asked:
                self.errors.pop(question.key, None)
                data[question.key] = [] if question.kind == Kind.CHOICES else ""
            elif question.required and question.key not in self.errors and value in (None, "", [], False):
                has_file = question.kind == Kind.FILE and question.pk in self.kept
                if not has_file:
                    self.add_error(question.key, ValidationError(_("Please answer this question."), code="required"))
        return data

    def answers(self) -> dict[Question, Any]:
        """For intake.record: a file that was not chosen again is None, one that no longer applies is empty."""
        return {question: self.cleaned_data.get(question.key) for question in self.questions}


class AnswersForm(QuestionsMixin):
    """The answers of a booking once more, from its manage page."""

    def __init__(self, *args: Any, questions: list[Question], kept: set[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_questions(questions, kept)


LANGUAGES = [code for code, _name in settings.LANGUAGES]


class QuestionForm(forms.ModelForm):
    """One question, in the brand's language first; other languages are optional."""

    condition = forms.ChoiceField(label=gettext_lazy("When it is asked"), required=False)

    class Meta:
        model = Question
        fields = [
            "kind",
            *[f"{name}_{code}" for code in LANGUAGES for name in ("label", "help_text", "options")],
            "required",
            "sensitive",
        ]
        widgets = {f"options_{code}": forms.Textarea(attrs={"rows": 4}) for code in LANGUAGES}

    def __init__(self, *args: Any, meeting_type: MeetingType, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language, self.meeting_type = language, meeting_type
        self.fields["kind"].choices = Kind.choices  # type: ignore[attr-defined]
        for code in LANGUAGES:
            other = "" if code == language else f" ({language_name(code)})"
            self.fields[f"label_{code}"].label = _("Question") + other
            self.fields[f"help_text_{code}"].label = _("Help below it") + other
            self.fields[f"options_{code}"].label = _("Options, one a line") + other
            self.fields[f"options_{code}"].help_text = ""
            self.fields[f"label_{code}"].required = code == language
        self.fields["condition"].choices = self._choices()  # type: ignore[attr-defined]
        if self.instance.depends_on_id:
            self.initial["condition"] = f"{self.instance.depends_on_id}:{self.instance.depends_value}"

    def _choices(self) -> list[tuple[str, str]]:
        """Answers of the questions that come before this one."""
        found = [("", _("Always"))]
        for question in intake.questions_of(self.meeting_type):
            if question.pk == self.instance.pk:
                break
            for value, words in intake.conditions(question).items():
                text = _("If “%(question)s” is answered with “%(answer)s”")
                found.append((f"{question.pk}:{value}", text % {"question": question.label, "answer": words}))
        return found

    def main_fields(self) -> list[BoundField]:
        names = [f"label_{self.language}", "kind", f"options_{self.language}", f"help_text_{self.language}"]
        return [self[name] for name in [*names, "required", "sensitive", "condition"]]

    def other_fields(self) -> list[BoundField]:
        codes = [code for code in LANGUAGES if code != self.language]
        return [self[f"{name}_{code}"] for code in codes for name in ("label", "options", "help_text")]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") in (Kind.CHOICE, Kind.CHOICES):
            lines = [line for line in data.get(f"options_{self.language}", "").splitlines() if line.strip()]
            if len(lines) < 2:
                self.add_error(f"options_{self.language}", _("Write at least two options, one a line."))
            for code in LANGUAGES:
                theirs = [line for line in (data.get(f"options_{code}") or "").splitlines() if line.strip()]
                if theirs and len(theirs) != len(lines):
                    self.add_error(f"options_{code}", _("Write as many options as in the other language."))
        return data

    def save(self, commit: bool = True) -> Question:
        """Through the verb."""
        question: Question = super().save(commit=False)
        question.meeting_type = self.meeting_type
        other, _colon, value = self.cleaned_data["condition"].partition(":")
        question.depends_on_id, question.depends_value = (int(other), value) if other else (None, "")
        return intake.save_question(question)
