"""Brand, specialties, places, meeting types and shared sentences of the German demo directory."""

from scheduling.demo.entries import Offer, Place

BRAND = {
    "slug": "fuerspruch",
    "name": "Fürspruch",
    "is_default": True,
    "headline_de": "Anwältinnen und Anwälte, die Zeit für Sie haben",
    "headline_en": "Lawyers who have time for you",
    "intro_de": "Wählen Sie ein Rechtsgebiet und einen Ort, sehen Sie freie Termine und buchen Sie das erste Gespräch in zwei Minuten, ohne Konto.",
    "intro_en": "Choose an area of law and a city, see what is free and book a first consultation in two minutes, without an account.",
    "noun_de": "Anwältin oder Anwalt",
    "noun_en": "lawyer",
    "nouns_de": "Anwältinnen und Anwälte",
    "nouns_en": "lawyers",
    "footer_note_de": "Fürspruch ist ein Verzeichnis und erteilt keinen Rechtsrat. Ein Mandat entsteht erst zwischen Ihnen und der Kanzlei.",
    "footer_note_en": "Fürspruch is a directory and gives no legal advice. A mandate begins only between you and the law firm.",
    "accent": "#5b2333",
    "typeface": "serif",
    "corners": "sharp",
    "language": "de",
    "time_zone": "Europe/Berlin",
    "country": "DE",
    "profile_type": "LegalService",
    "support_email": "hilfe@anwaelte.example",
    "support_phone": "+49 30 23125 140",
    "support_hours_de": "Montag bis Freitag, 8 bis 18 Uhr",
    "support_hours_en": "Monday to Friday, 8:00 to 18:00 (Berlin)",
    "sender_name": "Fürspruch",
    "sender_address": "termine@anwaelte.example",
    "sensitive": False,
    "approval_required": True,
    "hold_minutes": 10,
}
HOST = "anwaelte.localhost"
MAIL_DOMAIN = "anwaelte.example"

# What somebody asks about need not stand in a subject line.
SENSITIVE: frozenset[str] = frozenset({"strafrecht"})
SPECIALTIES = [
    ("familienrecht", "Familienrecht", "Family law"),
    ("arbeitsrecht", "Arbeitsrecht", "Employment law"),
    ("mietrecht", "Miet- und Wohnrecht", "Tenancy law"),
    ("erbrecht", "Erbrecht", "Inheritance law"),
    ("verkehrsrecht", "Verkehrsrecht", "Traffic law"),
    ("strafrecht", "Strafrecht", "Criminal law"),
    ("steuerrecht", "Steuerrecht", "Tax law"),
    ("sozialrecht", "Sozialrecht", "Social security law"),
    ("medizinrecht", "Medizinrecht", "Medical law"),
    ("migrationsrecht", "Migrationsrecht", "Immigration law"),
    ("baurecht", "Bau- und Architektenrecht", "Construction law"),
    ("gesellschaftsrecht", "Gesellschaftsrecht", "Company law"),
    ("insolvenzrecht", "Insolvenzrecht", "Insolvency law"),
    ("it-recht", "IT- und Datenschutzrecht", "IT and data protection law"),
]

_LIFT = "Stufenloser Eingang, Aufzug bis in den 3. Stock, barrierefreies WC."
_STEPS = "Altbau mit vier Stufen am Eingang; eine Rampe legen wir auf Wunsch an. Aufzug vorhanden."
_COURT = "Eingang über den Hof, ebenerdig. Hörschleife im Besprechungszimmer."
_TRAM = "Haltestelle vor der Tür. Erdgeschoss, eine niedrige Schwelle."
PLACES = {
    "Köln": [
        Place("Lindenstraße 112", "50674", 50.9334, 6.9378, "Kanzlei am Rathenauplatz", _LIFT),
        Place("Brückenstraße 41", "50667", 50.9387, 6.9541, "", _TRAM),
        Place("Neusser Straße 318", "50733", 50.9632, 6.9541, "Kanzlei Agnesviertel", _STEPS),
    ],
    "Berlin": [
        Place("Kantstraße 187", "10623", 52.5063, 13.3178, "Kanzleigemeinschaft Kantstraße", _LIFT),
        Place("Oranienstraße 214", "10999", 52.5017, 13.4206, "", _COURT),
        Place("Schönhauser Allee 197", "10119", 52.5342, 13.4106, "Kanzlei am Teutoburger Platz", _STEPS),
    ],
    "Hamburg": [
        Place("Große Bleichen 98", "20354", 53.5527, 9.9880, "Kontor an der Fleetinsel", _LIFT),
        Place("Osterstraße 211", "20255", 53.5765, 9.9479, "", _TRAM),
        Place("Max-Brauer-Allee 302", "22769", 53.5622, 9.9532, "", _STEPS),
    ],
    "München": [
        Place("Leopoldstraße 289", "80807", 48.1785, 11.5862, "Kanzlei Schwabing", _LIFT),
        Place("Müllerstraße 73", "80469", 48.1318, 11.5712, "", _COURT),
        Place("Nymphenburger Straße 231", "80639", 48.1553, 11.5261, "", _TRAM),
    ],
    "Leipzig": [
        Place("Karl-Liebknecht-Straße 168", "04275", 51.3198, 12.3731, "Kanzlei Südvorstadt", _STEPS),
        Place("Waldstraße 97", "04105", 51.3493, 12.3589, "", _COURT),
    ],
    "Frankfurt am Main": [
        Place("Bockenheimer Landstraße 171", "60325", 50.1180, 8.6538, "Westend-Kanzlei", _LIFT),
        Place("Schweizer Straße 143", "60594", 50.1002, 8.6795, "", _TRAM),
    ],
    "Stuttgart": [
        Place("Rotebühlstraße 224", "70197", 48.7712, 9.1556, "", _LIFT),
        Place("Olgastraße 178", "70180", 48.7640, 9.1782, "Kanzlei Bohnenviertel", _STEPS),
    ],
    "Düsseldorf": [
        Place("Immermannstraße 88", "40210", 51.2243, 6.7893, "", _LIFT),
        Place("Lorettostraße 79", "40219", 51.2128, 6.7672, "Kanzlei Unterbilk", _TRAM),
    ],
    "Dresden": [Place("Königsbrücker Straße 141", "01099", 51.0731, 13.7532, "Kanzlei Neustadt", _COURT)],
    "Hannover": [Place("Lister Meile 121", "30161", 52.3869, 9.7506, "", _LIFT)],
    "Bremen": [Place("Ostertorsteinweg 117", "28203", 53.0729, 8.8242, "Kanzlei im Viertel", _TRAM)],
    "Nürnberg": [Place("Königstraße 126", "90402", 49.4489, 11.0790, "", _COURT)],
}

_PAPERS = "Bitte halten Sie Schreiben der Gegenseite, Bescheide und Verträge bereit. Notieren Sie, wann Sie sie erhalten haben: Oft hängt daran eine Frist."
_ROOM = "Bitte bringen Sie einen Ausweis und alle Unterlagen im Original mit. Melden Sie sich am Empfang; kommen Sie nicht mehr als zehn Minuten vorher."
OFFERS = [
    Offer(
        "erstgespraech-video",
        "Erstgespräch per Video",
        "video",
        30,
        ("kostenfrei", "49 € inkl. USt.", "79 € inkl. USt."),
        "Wir klären, worum es geht, welche Fristen laufen und ob wir zusammenpassen.",
        _PAPERS,
        {
            "step": 15,
            "buffer_after": 10,
            "notice": 240,
            "horizon_days": 60,
            "daily_limit": 4,
            "cancel_cutoff": 720,
            "move_cutoff": 720,
        },
    ),
    Offer(
        "erstgespraech-telefon",
        "Telefonische Ersteinschätzung",
        "phone",
        20,
        ("kostenfrei", "39 € inkl. USt."),
        "Eine erste Einschätzung am Telefon: was eilt, was es kosten kann, was Sie selbst tun können.",
        "Ich rufe Sie zur vereinbarten Zeit unter Ihrer Nummer an. " + _PAPERS,
        {
            "step": 20,
            "buffer_after": 10,
            "notice": 120,
            "horizon_days": 45,
            "daily_limit": 6,
            "cancel_cutoff": 240,
            "move_cutoff": 240,
        },
    ),
    Offer(
        "beratung",
        "Ausführliche Beratung in der Kanzlei",
        "on_site",
        60,
        ("190 € zzgl. USt.", "160 € zzgl. USt.", "180 € zzgl. USt."),
        "Eine Stunde für Ihren Fall, mit Durchsicht der Unterlagen und einem klaren Vorschlag für das weitere Vorgehen.",
        _ROOM,
        {
            "step": 30,
            "buffer_before": 10,
            "buffer_after": 15,
            "notice": 1440,
            "horizon_days": 75,
            "daily_limit": 3,
            "cancel_cutoff": 1440,
            "move_cutoff": 1440,
        },
    ),
    Offer(
        "beratung-video",
        "Ausführliche Beratung per Video",
        "video",
        60,
        ("170 € zzgl. USt.", "190 € zzgl. USt."),
        "Wie in der Kanzlei, nur ohne Anfahrt. Unterlagen sehen wir uns gemeinsam am Bildschirm an.",
        _PAPERS,
        {
            "step": 30,
            "buffer_after": 15,
            "notice": 720,
            "horizon_days": 75,
            "daily_limit": 3,
            "cancel_cutoff": 1440,
            "move_cutoff": 720,
        },
    ),
    Offer(
        "rueckruf",
        "Kurze Rückfrage am Telefon",
        "phone",
        15,
        ("29 € inkl. USt.", "kostenfrei"),
        "Für eine einzelne, abgegrenzte Frage.",
        "Ich rufe Sie an. Bitte sorgen Sie für eine ruhige Umgebung.",
        {
            "on_request": True,
            "step": 15,
            "buffer_after": 5,
            "notice": 120,
            "horizon_days": 30,
            "daily_limit": 6,
            "weekly_limit": 20,
            "cancel_cutoff": 120,
            "move_cutoff": 120,
        },
    ),
    Offer(
        "mandatsbesprechung",
        "Besprechung im laufenden Mandat",
        "on_site",
        45,
        ("im Mandat enthalten",),
        "Nur für Mandantinnen und Mandanten, die den Link von mir erhalten haben.",
        _ROOM,
        {
            "series_max": 4,
            "step": 15,
            "buffer_after": 15,
            "notice": 480,
            "horizon_days": 90,
            "cancel_cutoff": 480,
            "move_cutoff": 480,
        },
        visibility="link",
    ),
    Offer(
        "sprechstunde-trennung",
        "Offene Sprechstunde: Trennung und Kinder",
        "video",
        60,
        ("15 € inkl. USt.",),
        "Ein Überblick in kleiner Runde mit Zeit für Fragen. Ihr Name wird den anderen nicht gezeigt; einzelne Fälle bleiben draußen.",
        "Sie können mit ausgeschalteter Kamera teilnehmen.",
        {
            "step": 60,
            "buffer_after": 15,
            "notice": 180,
            "horizon_days": 45,
            "seats": 8,
            "daily_limit": 8,
            "cancel_cutoff": 120,
            "move_cutoff": 120,
        },
    ),
    Offer(
        "sprechstunde-testament",
        "Offene Sprechstunde: Testament und Vollmacht",
        "video",
        60,
        ("15 € inkl. USt.",),
        "Was ein Testament leisten kann, was nicht, und warum eine Vorsorgevollmacht daneben liegen sollte.",
        "Sie können mit ausgeschalteter Kamera teilnehmen.",
        {
            "step": 60,
            "buffer_after": 15,
            "notice": 180,
            "horizon_days": 45,
            "seats": 12,
            "daily_limit": 12,
            "cancel_cutoff": 120,
            "move_cutoff": 120,
        },
    ),
]
OFFER_KEYS = dict(
    zip(
        ("erst_video", "erst_telefon", "beratung", "video", "telefon", "mandat", "runde", "runde_erben"),
        OFFERS,
        strict=True,
    )
)

# Two of each are joined to the second paragraph of a profile: n × m different ones.
HOW = [
    "Im ersten Gespräch höre ich vor allem zu. Danach bekommen Sie von mir eine kurze schriftliche Zusammenfassung.",
    "Ich erkläre Ihnen die Rechtslage so, dass Sie selbst entscheiden können. Fachwörter übersetze ich unaufgefordert.",
    "Mir ist wichtig, dass Sie nach einer Stunde wissen, wo Sie stehen, auch wenn die Antwort unbequem ist.",
    "Ich arbeite mit einem kleinen Team; Ihre Akte bleibt trotzdem bei mir, von der ersten Frage bis zum Abschluss.",
    "Chancen und Kosten lege ich vorher offen. Wenn sich ein Verfahren nicht rechnet, sage ich das.",
    "Zuerst ordnen wir gemeinsam, was eilt und was warten kann. Das nimmt meist schon die Hälfte der Sorge.",
]
WHEN = [
    "Auf Nachrichten antworte ich an Werktagen innerhalb von 24 Stunden.",
    "Mit Rechtsschutzversicherungen spreche ich direkt und kostenlos.",
    "Unterlagen können Sie vorab über ein verschlüsseltes Postfach schicken.",
    "Begleitpersonen sind willkommen, ebenso Dolmetscherinnen Ihres Vertrauens.",
    "Nach dem Gespräch erhalten Sie auf Wunsch eine Liste der nächsten Schritte.",
    "Wer mit Kinderwagen, Rollstuhl oder Hund kommt, sagt bitte kurz Bescheid; Platz ist da.",
    "Für Menschen mit geringem Einkommen kläre ich gern, ob Beratungshilfe möglich ist.",
]
FEES = [
    "Die erste Beratung kostet für Verbraucherinnen und Verbraucher höchstens 190 € zuzüglich Umsatzsteuer. Alles Weitere vereinbaren wir schriftlich, bevor Kosten entstehen.",
    "Ich rechne nach dem Rechtsanwaltsvergütungsgesetz ab. Eine Schätzung der gesamten Kosten erhalten Sie nach dem ersten Gespräch.",
    "Abrechnung nach Stundensatz (230 € zuzüglich Umsatzsteuer) oder nach Gesetz, je nachdem, was für Ihren Fall passt. Das Erstgespräch ist davon unabhängig.",
    "Für abgegrenzte Aufgaben, etwa die Prüfung eines Vertrags, nenne ich einen Festpreis. Beratungshilfescheine nehme ich an.",
]
CHAMBERS = {
    "Köln": "Köln", "Berlin": "Berlin", "Hamburg": "Hamburg (Hanseatische)", "München": "München", "Leipzig": "Sachsen",
    "Frankfurt am Main": "Frankfurt am Main", "Stuttgart": "Stuttgart", "Düsseldorf": "Düsseldorf", "Dresden": "Sachsen",
    "Hannover": "Celle", "Bremen": "Bremen (Hanseatische)", "Nürnberg": "Nürnberg",
}  # fmt: skip


def registration(entry_title: str, city: str, number: int) -> str:
    """As members state it; the number is invented."""
    return f"Rechtsanwaltskammer {CHAMBERS[city]}, Mitglied Nr. DEMO-{41000 + number * 137}"
