"""What some offers of the demo ask, by their URL name: (kind, English, German, options, more columns)."""

from scheduling.models import MeetingType, Question

Row = tuple[str, str, str, tuple[str, str], dict[str, object]]
NONE = ("", "")
LEGAL: list[Row] = [
    ("yes_no", "Is there a deadline?", "Gibt es eine Frist?", NONE, {}),
    ("date", "When does it end?", "Wann läuft sie ab?", NONE, {"depends_value": "yes"}),
    ("text", "Who is the other side?", "Wer ist die Gegenseite?", NONE, {"sensitive": True}),
    ("file", "The letter that it is about", "Das Schreiben, um das es geht", NONE, {"sensitive": True}),
]
MEDICAL: list[Row] = [
    (
        "choice",
        "Have you been here before?",
        "Waren Sie schon einmal hier?",
        ("No, never\nYes, this year\nYes, longer ago", "Nein, noch nie\nJa, in diesem Jahr\nJa, vor längerer Zeit"),
        {},
    ),
    ("long", "Which medicines do you take?", "Welche Medikamente nehmen Sie?", NONE, {"sensitive": True}),
]
ASKED: dict[str, list[Row]] = {
    "beratung": LEGAL,
    "erstgespraech-video": LEGAL[:3],
    "gp-consultation": MEDICAL,
    "first-consultation": MEDICAL,
}


def ask(meeting_type: MeetingType, slug: str) -> None:
    """Give a meeting type of the demo its questions; one with `depends_value` follows the one before it."""
    before = None
    for position, (kind, english, german, options, more) in enumerate(ASKED.get(slug, [])):
        question = Question(meeting_type=meeting_type, kind=kind, position=position, **more)
        question.label_en, question.label_de = english, german  # type: ignore[attr-defined]
        question.options_en, question.options_de = options  # type: ignore[attr-defined]
        question.depends_on = before if question.depends_value else None
        question.save()
        before = question
