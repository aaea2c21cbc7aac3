"""The drill of parity at its full size: 200 members, 1,000 edits, at each provider.

    python -m tests.bench.drill

On the database that DATABASE_URL names. tests/integrations/test_drill.py does the same with fewer members in every run.
"""

import os
import subprocess
import sys


def main() -> int:
    size = {"DRILL_MEMBERS": "200", "DRILL_EDITS": "1000"}
    command = [sys.executable, "-m", "pytest", "-s", "-p", "no:warnings", "tests/integrations/test_drill.py"]
    print("Drill: 200 members, 1,000 edits, workers that die, a provider that fails.", flush=True)
    failed = subprocess.run([*command, "-k", "both_sides"], env={**size, **os.environ}, check=False).returncode
    print(f"{'FAIL' if failed else 'PASS'}  both sides are equal in the end")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
