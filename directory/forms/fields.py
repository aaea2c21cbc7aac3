"""Fields that several forms share."""

from functools import lru_cache

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from directory.models.brands import zone_keys


@lru_cache
def zone_names() -> tuple[str, ...]:
    """The IANA zones people live in: Area/City, without historic aliases and fixed offsets."""
    areas = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return tuple(sorted(name for name in zone_keys() if name.startswith(areas)))


class ZoneInput(forms.TextInput):
    """A text input with a list of all zones: the browser searches it, no script needed."""

    template_name = "forms/widgets/zone.html"

    def get_context(self, name: str, value: object, attrs: dict[str, object] | None) -> dict[str, object]:
        context = super().get_context(name, value, attrs)
        list_id = f"{context['widget']['attrs'].get('id') or name}-zones"
        context["widget"]["attrs"].update({"list": list_id, "autocomplete": "off", "spellcheck": "false"})
        return {**context, "list_id": list_id, "zones": zone_names()}


class ZoneField(forms.CharField):
    """An IANA zone. A city alone is understood where only one zone is named after it: "berlin"."""

    widget = ZoneInput

    def __init__(self, **kwargs: object) -> None:
        super().__init__(max_length=64, **kwargs)  # type: ignore[arg-type]

    def to_python(self, value: object) -> str:
        typed = (super().to_python(value) or "").replace(" ", "_")
        if not typed or typed in zone_keys():
            return typed
        wished = typed.casefold()
        found = [name for name in zone_names() if wished in (name.casefold(), name.casefold().rsplit("/", 1)[1])]
        if len(found) != 1:
            raise ValidationError(
                _("“%(value)s” is not a time zone. Choose one from the list."), params={"value": value}
            )
        return found[0]
