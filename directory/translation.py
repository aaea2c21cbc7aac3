"""Which columns exist once per language (django-modeltranslation)."""

from modeltranslation.translator import TranslationOptions, register

from directory.models import Brand, LegalPage, Specialty


@register(Brand)
class BrandTranslation(TranslationOptions):
    fields = (
        "headline",
        "intro",
        "noun",
        "nouns",
        "footer_note",
        "support_hours",
        "pause_note",
        "care_text",
        "marketing_text",
    )


@register(LegalPage)
class LegalPageTranslation(TranslationOptions):
    fields = ("title", "body")


@register(Specialty)
class SpecialtyTranslation(TranslationOptions):
    fields = ("name",)
