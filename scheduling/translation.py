"""Which columns exist once per language (django-modeltranslation)."""

from modeltranslation.translator import TranslationOptions, register

from scheduling.models import Question


@register(Question)
class QuestionTranslation(TranslationOptions):
    fields = ("label", "help_text", "options")
