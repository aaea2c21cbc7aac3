import gettext

from config.translations import compile_catalogues

CATALOGUE = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgctxt "month name"
msgid "May"
msgstr "Mai"

msgid "%(count)s time"
msgid_plural "%(count)s times"
msgstr[0] "%(count)s Zeit"
msgstr[1] "%(count)s Zeiten"
"""


def test_compiles_context_and_plurals_once(tmp_path):
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(CATALOGUE, encoding="utf-8")
    (made,) = compile_catalogues(tmp_path)
    with made.open("rb") as file:
        german = gettext.GNUTranslations(file)
    assert german.pgettext("month name", "May") == "Mai"
    assert german.ngettext("%(count)s time", "%(count)s times", 2) == "%(count)s Zeiten"
    assert compile_catalogues(tmp_path) == []
