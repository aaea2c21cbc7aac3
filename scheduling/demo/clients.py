"""The people who book in the demo: invented names, addresses that reach nobody."""

NAMES = {
    "de": (
        "Anna Schreiber", "Mehmet Koç", "Birgit Lohmann", "Jan-Ole Thiessen", "Sofia Marković", "Peter Wagenknecht-Ruhl",
        "Aylin Şahin", "Markus Dinkelbach", "Elif Aksoy", "Renate Schmidbauer", "Nguyen Hoa", "Tim Oberländer",
        "Carla Esposito", "Hans-Jürgen Petzold", "Amira Ben Salah", "Lukas Friedrichsen", "Magda Nowak", "David Rosenbaum-Vogt",
        "Ines Kaltenbach", "Oleh Marchenko", "Paula Winzer", "Yusuf Demir", "Heike Brandmüller", "Rafael Teixeira",
        "Johanna Stricker", "Kwame Boateng-Lorenz", "Silke Nordhausen", "Viktor Baumgärtel", "Lina Haddou", "Günter Przybilla",
        "Theresa Eichinger", "Sebastian Quandt-Meier", "Fatma Yılmaz", "Dorothea Langhoff", "Marek Zieliński", "Charlotte Abendroth",
    ),
    "en": (
        "Grace Whitcombe", "Ahmed Siddiqui", "Eleanor Brightman", "Kofi Asante", "Niamh Gallagher", "Oliver Trelawney",
        "Priya Nair", "Jamie Lockwood", "Zofia Kowalczyk", "Bethan Llewellyn", "Samuel Oyelaran", "Hannah Prescott",
        "Declan Rafferty", "Mei Ling Cheung", "Rosalind Tarrant", "Tariq Mahmood", "Fiona Drummond", "Luca Bianchi",
        "Abena Mensah", "Gareth Penrose", "Sorcha Ní Bhriain", "Ibrahim Farouk", "Poppy Hargreaves", "Dev Chatterjee",
        "Morag Sutherland", "Leon Baptiste", "Ruth Ashdown", "Ana Ferreira", "Callan Byrne", "Winifred Oduya",
    ),
}  # fmt: skip

NOTES = {
    "de": (
        "", "", "", "", "Die Kündigung kam am Montag per Post.", "Ich bringe meine Schwester mit.",
        "Es geht um ein Schreiben vom 3. des Monats, das ich nicht verstehe.", "Bitte etwas langsamer sprechen, ich höre schlecht.",
        "Rechtsschutzversicherung ist vorhanden, die Nummer reiche ich nach.", "Ich kann nur in der Mittagspause sprechen.",
        "Die Frist läuft wohl in zwei Wochen ab.", "Empfohlen hat Sie eine Kollegin.",
    ),
    "en": (
        "", "", "", "", "First visit, a little nervous.", "I use a wheelchair and will come with my daughter.",
        "Please do not leave messages on the answering machine.", "I have letters from my previous doctor.",
        "Evenings are best if anything has to be moved.", "Recommended by a friend.",
    ),
}  # fmt: skip

CLIENT_REASONS = {
    "de": ("", "Krank geworden.", "Das hat sich erledigt.", "Ein anderer Termin passt mir besser."),
    "en": ("", "Feeling better.", "Called away for work.", "Child is ill, will book again."),
}
HOST_REASONS = {
    "de": ("Ein Gerichtstermin wurde verlegt. Bitte wählen Sie eine neue Zeit.", "Ich bin erkrankt. Es tut mir leid."),
    "en": (
        "I am unwell today and sorry about the short notice.",
        "An emergency in the ward. Please choose another time.",
    ),
}
CALLED = {
    "de": "Telefonisch vereinbart.",
    "en": "Arranged by phone.",
}
