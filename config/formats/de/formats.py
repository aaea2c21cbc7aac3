"""German formats."""

DATE_FORMAT = "j. F Y"
SHORT_DATE_FORMAT = "j. N Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = r"j. F Y, H:i \U\h\r"
SHORT_DATETIME_FORMAT = r"j. N Y, H:i \U\h\r"
MONTH_DAY_FORMAT = "j. F"
FIRST_DAY_OF_WEEK = 1
# Ours, for the filters of directory.templatetags.ui.
DAY_FORMAT = "l, j. F"
DAY_YEAR_FORMAT = "l, j. F Y"
SHORT_DAY_FORMAT = "D, j. N"
