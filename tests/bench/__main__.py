"""python -m tests.bench: every measurement, one after the other; exit code 1 if one missed its goal."""

import sys

from tests.bench import api, dashboard, drill, onboarding, slots, stampede

MEASURES = (slots.main, api.main, stampede.main, dashboard.main, onboarding.main, drill.main)
sys.exit(max(measure() for measure in MEASURES))
