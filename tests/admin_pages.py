"""What a browser would send back from a page of Django admin."""

from django.db.models.fields.files import FieldFile
from django.test import Client


def form_data(client: Client, url: str) -> dict[str, object]:
    """The fields of an add or change page and of its inlines, as they stand there."""
    context = client.get(url).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    data: dict[str, object] = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            if isinstance(value, bool):
                if value:
                    data[bound.html_name] = "on"
            elif value is not None and not isinstance(value, FieldFile):
                data[bound.html_name] = list(value) if isinstance(value, (list, tuple)) else value
    return data
