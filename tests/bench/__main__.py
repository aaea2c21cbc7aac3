"""python -m tests.bench: every measurement, one after the other; exit code 1 if one missed its goal."""

import sys

from tests.bench import dashboard, drill, onboarding, slots, stampede

sys.exit(max(measure() for measure in (slots.main, stampede.main, dashboard.main, onboarding.main, drill.main)))
