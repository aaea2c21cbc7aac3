"""Brand, specialties, places, meeting types and shared sentences of the English demo directory."""

from scheduling.demo.entries import Offer, Place

BRAND = {
    "slug": "elmsey",
    "name": "Elmsey",
    "is_default": False,
    "headline_en": "A doctor or therapist, at a time that suits you",
    "headline_de": "Praxistermine, die in Ihren Tag passen",
    "intro_en": "Independent doctors and therapists in thirteen fields, in person or by video. See what is free and book without an account.",
    "intro_de": "Unabhängige Ärztinnen, Ärzte und Therapeuten, in der Praxis oder per Video. Freie Termine sehen und ohne Konto buchen.",
    "noun_en": "practitioner",
    "noun_de": "Ärztin, Arzt oder Therapeut",
    "nouns_en": "doctors and therapists",
    "nouns_de": "Arzt- und Therapiepraxen",
    "footer_note_en": "In an emergency call 999 or 112. Elmsey lists practitioners and gives no medical advice.",
    "footer_note_de": "Im Notfall wählen Sie 999 oder 112. Elmsey ist ein Verzeichnis und erteilt keinen medizinischen Rat.",
    "accent": "#0f6b63",
    "typeface": "sans",
    "corners": "round",
    "language": "en",
    "time_zone": "Europe/London",
    "country": "GB",
    "profile_type": "Physician",
    "support_email": "help@doctors.example",
    "support_phone": "+44 20 7946 0182",
    "support_hours_en": "Monday to Saturday, 8 am to 8 pm",
    "support_hours_de": "Montag bis Samstag, 8 bis 20 Uhr (London)",
    "sender_name": "Elmsey",
    "sender_address": "appointments@doctors.example",
    "sensitive": True,
    "approval_required": True,
    "hold_minutes": 15,
}
HOST = "doctors.localhost"
MAIL_DOMAIN = "doctors.example"

# What somebody asks about need not stand in a subject line.
SENSITIVE: frozenset[str] = frozenset()
SPECIALTIES = [
    ("general-practice", "Allgemeinmedizin", "General practice"),
    ("paediatrics", "Kinder- und Jugendmedizin", "Paediatrics"),
    ("womens-health", "Frauenheilkunde", "Women’s health"),
    ("dermatology", "Hautkrankheiten", "Dermatology"),
    ("cardiology", "Herz und Kreislauf", "Cardiology"),
    ("orthopaedics", "Orthopädie", "Orthopaedics"),
    ("ent", "Hals, Nase, Ohren", "Ear, nose and throat"),
    ("ophthalmology", "Augenheilkunde", "Ophthalmology"),
    ("psychiatry", "Psychiatrie", "Psychiatry"),
    ("psychotherapy", "Psychotherapie", "Psychotherapy"),
    ("physiotherapy", "Physiotherapie", "Physiotherapy"),
    ("speech-therapy", "Logopädie", "Speech therapy"),
    ("dietetics", "Ernährungsberatung", "Dietetics"),
]

_LIFT = "Step-free entrance, lift to all floors, accessible toilet."
_RAMP = "Two steps at the door; a ramp is ready if you ring the bell. Ground-floor consulting room."
_BUS = "Bus stop outside, level access, one blue-badge space in front."
_LOOP = "Lift, hearing loop at reception, wide doors. Assistance dogs are welcome."
PLACES = {
    "London": [
        Place("214 Wimpole Row", "W1G 8YZ", 51.5199, -0.1480, "Marylebone Consulting Rooms", _LIFT),
        Place("87 Camberwell Terrace", "SE5 7HG", 51.4741, -0.0925, "Camberwell Practice", _BUS),
        Place("156 Upper Almeida Street", "N1 1PQ", 51.5389, -0.1030, "", _RAMP),
    ],
    "Manchester": [
        Place("63 St John’s Passage", "M3 4DR", 53.4789, -2.2532, "St John’s Rooms", _LIFT),
        Place("201 Burton Lane", "M20 2LW", 53.4273, -2.2436, "Didsbury Practice", _LOOP),
    ],
    "Bristol": [
        Place("48 Whiteladies Crescent", "BS8 2QX", 51.4641, -2.6098, "Clifton Consulting Rooms", _RAMP),
        Place("112 Gloucester Parade", "BS7 8NT", 51.4781, -2.5909, "", _BUS),
    ],
    "Leeds": [
        Place("39 Park Square Row", "LS1 2NP", 53.7992, -1.5531, "Park Square Rooms", _LIFT),
        Place("174 Otley Rise", "LS6 3PX", 53.8236, -1.5803, "", _BUS),
    ],
    "Edinburgh": [
        Place("91 Melville Place", "EH3 7JX", 55.9509, -3.2141, "West End Practice", _LOOP),
        Place("27 Marchmont Gate", "EH9 1HY", 55.9379, -3.1935, "", _RAMP),
    ],
    "Dublin": [
        Place("118 Fitzwilliam Walk", "D02 X285", 53.3357, -6.2523, "Fitzwilliam Rooms", _LIFT),
        Place("64 Ranelagh Grove", "D06 K3W7", 53.3251, -6.2562, "", _BUS),
    ],
    "Birmingham": [Place("73 Calthorpe Crescent", "B15 1TR", 52.4699, -1.9186, "Edgbaston Consulting Rooms", _LOOP)],
    "Cardiff": [Place("52 Cathedral Row", "CF11 9LJ", 51.4848, -3.1930, "Pontcanna Practice", _RAMP)],
}

_FIRST = "Please bring a list of your medicines and any letters or results from the last two years. Arrive five minutes early; we run on time."
_SCREEN = "Choose a quiet, well-lit place where you cannot be overheard. The video room opens in your browser five minutes before the start."
_LATE = {"cancel_cutoff": 2880, "move_cutoff": 2880}
OFFERS = {
    "gp": Offer("gp-consultation", "GP consultation", "on_site", 20, ("£85", "£95", "€70"),
                "For anything new or anything that has gone on too long. One or two concerns fit well.", _FIRST,
                {"step": 20, "buffer_after": 5, "notice": 180, "horizon_days": 42, "daily_limit": 10, "cancel_cutoff": 1440, "move_cutoff": 1440}),
    "gp_video": Offer("gp-video", "GP consultation by video", "video", 20, ("£70", "£75", "€60"),
                      "Good for advice, prescriptions and follow-up. If you need to be examined we will say so and not charge twice.", _SCREEN,
                      {"step": 20, "buffer_after": 5, "notice": 120, "horizon_days": 42, "daily_limit": 8, "cancel_cutoff": 1440, "move_cutoff": 720}),
    "gp_phone": Offer("gp-phone", "Telephone advice", "phone", 15, ("£45", "€40"),
                      "One question, one answer.", "The doctor rings you; the number may be withheld.",
                      {"step": 15, "buffer_after": 5, "notice": 60, "horizon_days": 21, "daily_limit": 8, "cancel_cutoff": 720, "move_cutoff": 360}),
    "results": Offer("test-results", "Talking through results", "phone", 15, ("included",),
                     "For patients who have had tests with me and received this link.", "Have the letter with your results in front of you.",
                     {"step": 15, "buffer_after": 5, "notice": 60, "horizon_days": 30, "cancel_cutoff": 720, "move_cutoff": 720}, visibility="link"),
    "specialist": Offer("first-consultation", "First consultation", "on_site", 45, ("£220", "£240", "£260", "£195"),
                        "History, examination and a written plan. Tests, if needed, are agreed with you first.", _FIRST,
                        {"step": 15, "buffer_before": 5, "buffer_after": 10, "notice": 1440, "horizon_days": 84, "daily_limit": 6} | _LATE),
    "specialist_video": Offer("video-consultation", "Video consultation", "video", 30, ("£160", "£175", "£150"),
                              "For second opinions, results and questions that need no examination.", _SCREEN,
                              {"step": 15, "buffer_after": 10, "notice": 720, "horizon_days": 84, "daily_limit": 6} | _LATE),
    "follow_up": Offer("follow-up", "Follow-up", "video", 20, ("£95", "£110", "€100"),
                       "For patients I have seen within the last twelve months.", _SCREEN,
                       {"step": 20, "buffer_after": 5, "notice": 240, "horizon_days": 120, "daily_limit": 8, "cancel_cutoff": 1440, "move_cutoff": 1440}),
    "skin_photo": Offer("photo-and-video", "Skin check by photograph and video", "video", 20, ("£120", "£110"),
                        "You send photographs, we talk about them. Changing moles should be seen in person.",
                        "Take three sharp photographs in daylight, one from an arm’s length. You will be told how to send them safely. " + _SCREEN,
                        {"step": 20, "buffer_after": 10, "notice": 1440, "horizon_days": 42, "daily_limit": 6} | _LATE),
    "child": Offer("child-consultation", "Consultation for a child", "on_site", 40, ("£190", "£210", "£180"),
                   "With one or both parents or carers. Teenagers may have part of the time alone.", "Bring the red book or vaccination record, a favourite toy and a snack.",
                   {"step": 20, "buffer_after": 10, "notice": 720, "horizon_days": 60, "daily_limit": 7} | _LATE),
    "child_video": Offer("child-video", "Video consultation for a child", "video", 25, ("£140", "£150"),
                         "For feeding, sleep, rashes and follow-up.", _SCREEN + " Your child should be with you, if only to wave.",
                         {"step": 15, "buffer_after": 5, "notice": 360, "horizon_days": 60, "daily_limit": 6, "cancel_cutoff": 1440, "move_cutoff": 1440}),
    "physio": Offer("first-assessment", "First assessment", "on_site", 60, ("£78", "£72", "€80"),
                    "A full look at how you move, first treatment and a short plan.", "Wear or bring shorts or a vest, depending on what hurts. Changing room and shower available.",
                    {"step": 30, "buffer_after": 10, "notice": 240, "horizon_days": 60, "daily_limit": 6} | _LATE),
    "physio_follow": Offer("treatment", "Treatment session", "on_site", 30, ("£52", "£48", "€55"),
                           "For those who have had a first assessment.", "Please tell me how the exercises went, honestly.",
                           {"step": 15, "buffer_after": 5, "notice": 120, "horizon_days": 60, "daily_limit": 10, "cancel_cutoff": 1440, "move_cutoff": 1440}),
    "physio_video": Offer("video-exercise", "Exercise session by video", "video", 30, ("£45", "€45"),
                          "We go through your exercises together and adjust them.", "You need two metres of floor and a chair. " + _SCREEN,
                          {"step": 30, "buffer_after": 5, "notice": 120, "horizon_days": 60, "daily_limit": 6, "cancel_cutoff": 1440, "move_cutoff": 1440}),
    "class_back": Offer("back-class", "Back class, small group", "on_site", 60, ("£18",),
                        "Gentle, cheerful and hard work. Eight people at most; beginners are in the majority.", "Loose clothing, socks, a bottle of water. Mats are here.",
                        {"step": 60, "notice": 240, "horizon_days": 42, "seats": 8, "daily_limit": 8, "cancel_cutoff": 720, "move_cutoff": 720}),
    "class_food": Offer("cooking-with-ibs", "Group session: cooking with a sensitive gut", "video", 60, ("£20",),
                        "Recipes, substitutions and your questions. Cameras may stay off and first names are enough.", "The recipes arrive by e-mail the day before.",
                        {"step": 60, "buffer_after": 15, "notice": 240, "horizon_days": 42, "seats": 12, "daily_limit": 12, "cancel_cutoff": 720, "move_cutoff": 720}),
    "therapy_first": Offer("first-meeting", "First meeting", "video", 50, ("£60", "free of charge", "£45"),
                           "To see whether we could work together. No obligation afterwards.", _SCREEN,
                           {"step": 60, "buffer_after": 10, "notice": 1440, "horizon_days": 42, "daily_limit": 3} | _LATE),
    "therapy_video": Offer("therapy-video", "Therapy session by video", "video", 50, ("£85", "£80", "£90"),
                           "For people who have had a first meeting.", _SCREEN,
                           {"step": 30, "buffer_after": 10, "notice": 720, "horizon_days": 90, "daily_limit": 6} | _LATE),
    "therapy_room": Offer("therapy-room", "Therapy session in the practice", "on_site", 50, ("£90", "£110"),
                          "In a quiet room with a door that closes properly.", "Please ring the lower bell. There is a small waiting room where you will be alone.",
                          {"step": 60, "buffer_after": 10, "notice": 720, "horizon_days": 90, "daily_limit": 5} | _LATE),
    "mind_first": Offer("assessment", "First assessment", "on_site", 60, ("£320", "€280"),
                        "An hour to understand what brings you and to agree on a way forward.", "If you can, write down what you would like to change. Somebody you trust may come with you.",
                        {"step": 30, "buffer_after": 15, "notice": 2880, "horizon_days": 90, "daily_limit": 3, "cancel_cutoff": 4320, "move_cutoff": 4320}),
    "mind_video": Offer("assessment-video", "First assessment by video", "video", 60, ("£290", "€250"),
                        "The same hour, from wherever you feel at ease.", _SCREEN + " Please tell me at the start where you are, in case we need to send help.",
                        {"step": 30, "buffer_after": 15, "notice": 1440, "horizon_days": 90, "daily_limit": 3, "cancel_cutoff": 4320, "move_cutoff": 4320}),
    "private_link": Offer("crisis-review", "Early review", "video", 30, ("included",),
                          "For patients who were given this link in their letter.", _SCREEN,
                          {"step": 15, "buffer_after": 10, "notice": 120, "horizon_days": 21, "cancel_cutoff": 240, "move_cutoff": 240}, visibility="link"),
    "speech": Offer("speech-assessment", "Assessment and first session", "on_site", 60, ("£95",),
                    "For children and adults; families are welcome.", "Bring reports from school or hospital if there are any.",
                    {"step": 30, "buffer_after": 10, "notice": 720, "horizon_days": 60, "daily_limit": 5} | _LATE),
    "speech_video": Offer("speech-video", "Session by video", "video", 40, ("£65",),
                          "For voice, fluency and finding words.", _SCREEN,
                          {"step": 20, "buffer_after": 5, "notice": 360, "horizon_days": 60, "daily_limit": 6, "cancel_cutoff": 1440, "move_cutoff": 1440}),
    "diet": Offer("diet-consultation", "First consultation", "on_site", 50, ("£80",),
                  "What you eat, what you enjoy and what your tests say.", "A food diary of three ordinary days helps, with no tidying up.",
                  {"step": 30, "buffer_after": 10, "notice": 720, "horizon_days": 60, "daily_limit": 5} | _LATE),
    "diet_video": Offer("diet-video", "Follow-up by video", "video", 30, ("£50",),
                        "What worked, what did not, what next.", _SCREEN,
                        {"step": 30, "buffer_after": 5, "notice": 240, "horizon_days": 60, "daily_limit": 6, "cancel_cutoff": 1440, "move_cutoff": 1440}),
}  # fmt: skip
OFFER_KEYS = OFFERS

HOW = [
    "You will never be rushed out in the middle of a sentence.",
    "I explain what I am doing and why, and I like being asked.",
    "We decide together; my part is to know the options and be honest about them.",
    "I write things down for you, because nobody remembers everything that was said in a consulting room.",
    "If somebody else can help you better, I will tell you and make the introduction.",
    "I work with a small team of nurses and colleagues whom I would trust with my own family.",
]
WHEN = [
    "Reports go to your own doctor only if you agree.",
    "An interpreter or a friend is welcome at any appointment.",
    "Messages are answered within one working day.",
    "Chaperones are offered for every examination, without your having to ask.",
    "Insurers are invoiced directly where that is possible.",
    "Appointments run on time on most days, and reception will tell you if they do not.",
    "Letters are available in large print or by e-mail.",
]
FEES = [
    "Fees are shown beside each appointment and include a written summary. Tests are charged separately and only after you have agreed to them.",
    "I am recognised by the larger insurers; please ask yours for an authorisation code. People who pay for themselves receive a receipt the same day.",
    "The price you see is the price you pay. There is no charge if you cancel before the time stated at booking.",
    "A limited number of reduced-fee places is kept for students and people on a low income. Please mention it in your message; you need not explain.",
]


def registration(entry_title: str, city: str, number: int) -> str:
    """As practitioners state it; the number is invented."""
    code = f"DEMO {70100 + number * 211}"
    title = entry_title.lower()
    if any(word in title for word in ("physio", "speech", "psychologist", "dietitian")):
        return f"CORU registration {code}" if city == "Dublin" else f"HCPC registration {code}"
    if "therapist" in title:
        return f"BACP registration {code}"
    return f"Irish Medical Council registration {code}" if city == "Dublin" else f"GMC registration {code}"
