"""What a snippet should look like, and which sites may show the booking pages."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from directory.models import Professional
from scheduling import embed


class SnippetForm(forms.Form):
    """Asked by GET: every choice is a link that can be kept."""

    MODES = [
        ("inline", _("Inside the page")),
        ("popup", _("A link that opens a window")),
        ("button", _("A button that stays in the corner")),
    ]
    mode = forms.ChoiceField(label=_("How it appears"), choices=MODES, widget=forms.RadioSelect)
    type = forms.ChoiceField(label=_("Meeting type"), required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)
    THEMES = [
        ("light", _("Light")),
        ("dark", _("Dark")),
        ("auto", _("As the visitor's device")),
    ]
    text = forms.CharField(label=_("Words of the link"), max_length=80)
    theme = forms.ChoiceField(
        label=_("Colours"),
        choices=THEMES,
        help_text=_("Choose what your page looks like, so that the calendar fits in."),
    )
    height = forms.IntegerField(
        label=_("Height that is kept free, in pixels"),
        min_value=embed.HEIGHTS[0],
        max_value=embed.HEIGHTS[1],
        required=False,
        help_text=_("So that your page does not jump while the calendar loads. Empty: as tall as the preview."),
    )

    def __init__(self, data: Any, *, host: Professional) -> None:
        super().__init__(data)
        types = [(one.slug, one.title) for one in host.meeting_types.public()]
        choices: Any = self.fields["type"]
        choices.choices = [("", _("Visitors choose")), *types]
        choices = self.fields["language"]
        choices.choices = [("", _("The visitor's language")), *settings.LANGUAGES]


class SitesForm(forms.Form):
    """One address a line; what comes out are origins as browsers send them."""

    sites = forms.CharField(
        label=_("Your websites"),
        required=False,
        max_length=6000,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "https://www.example.com", "spellcheck": "false"}),
        help_text=_("One address a line. Only these websites can show your booking pages; a link works everywhere."),
    )

    def clean_sites(self) -> list[str]:
        lines = [line for line in self.cleaned_data["sites"].split() if line]
        if len(lines) > embed.MOST_SITES:
            raise ValidationError(
                ngettext("At most %(count)d website.", "At most %(count)d websites.", embed.MOST_SITES)
                % {"count": embed.MOST_SITES}
            )
        found, wrong = [], []
        for line in lines:
            try:
                found.append(embed.clean_origin(line))
            except ValidationError as error:
                wrong.append(error)
        if wrong:
            raise ValidationError(wrong)
        return list(dict.fromkeys(found))
