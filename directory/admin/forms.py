"""Form parts that several admin pages share."""

from typing import Any, ClassVar

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelect2Widget

from directory.models.brands import zone_keys


def secure_column(column: models.Field, **kwargs: Any) -> forms.Field | None:  # type: ignore[type-arg]
    """The form field of a column, for `formfield_callback`: an address that is typed without its scheme is an https one."""
    if isinstance(column, models.URLField):
        kwargs.setdefault("assume_scheme", "https")
    return column.formfield(**kwargs)


class WholeRowForm(forms.ModelForm):
    """Checks the constraints of the row also where a column of them is not in the form, so that the database never has to."""

    whole: ClassVar[tuple[str, ...]] = ()

    def _get_validation_exclusions(self) -> set[str]:
        # Django leaves out every constraint with a column that the form does not show.
        present = {name for name in self.whole if getattr(self.instance, f"{name}_id", None)}
        return super()._get_validation_exclusions() - (present - set(self.errors))  # type: ignore[misc]


def zone_field(label: Any, **kwargs: Any) -> forms.ChoiceField:
    """Every IANA zone, in a list that can be searched."""
    return forms.ChoiceField(
        label=label, choices=[(zone, zone) for zone in sorted(zone_keys())], widget=UnfoldAdminSelect2Widget, **kwargs
    )


class ZoneMixin(forms.ModelForm):
    time_zone = zone_field(_("Time zone"), initial="Europe/Berlin")
