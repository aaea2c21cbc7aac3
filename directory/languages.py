"""Names of the languages in which professionals speak with clients."""

from django.utils.translation import gettext_lazy as _

NAMES = {
    "de": _("German"),
    "en": _("English"),
    "fr": _("French"),
    "es": _("Spanish"),
    "it": _("Italian"),
    "pt": _("Portuguese"),
    "nl": _("Dutch"),
    "pl": _("Polish"),
    "cs": _("Czech"),
    "ro": _("Romanian"),
    "hu": _("Hungarian"),
    "hr": _("Croatian"),
    "bs": _("Bosnian"),
    "sr": _("Serbian"),
    "sq": _("Albanian"),
    "el": _("Greek"),
    "bg": _("Bulgarian"),
    "ru": _("Russian"),
    "uk": _("Ukrainian"),
    "tr": _("Turkish"),
    "ku": _("Kurdish"),
    "ar": _("Arabic"),
    "fa": _("Persian"),
    "ur": _("Urdu"),
    "hi": _("Hindi"),
    "zh": _("Chinese"),
    "vi": _("Vietnamese"),
    "ja": _("Japanese"),
    "ko": _("Korean"),
    "sv": _("Swedish"),
    "da": _("Danish"),
    "fi": _("Finnish"),
}


def name(code: str) -> str:
    """The name of a language in the active language; the code itself where we know no name."""
    return str(NAMES.get(code, code))


def choices(codes: set[str]) -> list[tuple[str, str]]:
    """(code, name) of `codes`, sorted by name in the active language."""
    return sorted(((code, name(code)) for code in codes), key=lambda pair: pair[1].casefold())
