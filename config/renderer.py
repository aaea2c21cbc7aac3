"""How forms are written out: our own field template, so that every label, hint and error is accessible."""

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    field_template_name = "forms/field.html"
