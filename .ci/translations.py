"""Nothing missing, nothing fuzzy, and the catalogues hold exactly the strings of the sources.

The strings are collected anew in a copy of the working tree by `make messages`, and compared.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = {"de"}  # English is the language of the sources


def keys(path: Path) -> set[tuple[str | None, str, str]]:
    return {(entry.msgctxt, entry.msgid, entry.msgid_plural) for entry in polib.pofile(str(path)) if not entry.obsolete}


def faults_of(path: Path) -> list[str]:
    name = str(path.relative_to(ROOT))
    catalogue = polib.pofile(str(path))
    faults = [f"{name}: missing: {entry.msgid!r}" for entry in catalogue.untranslated_entries()]
    faults += [f"{name}: fuzzy: {entry.msgid!r}" for entry in catalogue.fuzzy_entries()]
    check = subprocess.run(
        ["msgfmt", "--check", "-o", "/dev/null", str(path)], capture_output=True, text=True, check=False
    )
    if check.returncode:
        faults += check.stderr.splitlines()
    return faults


def copy_of_tree(target: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        source = ROOT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    (target / ".venv").symlink_to((ROOT / ".venv").resolve())


def main() -> int:
    kept = {path.relative_to(ROOT): path for path in sorted(ROOT.glob("locale/*/LC_MESSAGES/*.po"))}
    faults = [f"locale/{code}: no catalogue" for code in LANGUAGES - {path.parts[1] for path in kept}]
    for path in kept.values():
        if path.parts[-3] in LANGUAGES:
            faults += faults_of(path)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        copy_of_tree(copy)
        subprocess.run(["make", "-s", "messages"], cwd=copy, check=True)
        for relative, path in kept.items():
            fresh, old = keys(copy / relative), keys(path)
            faults += [f"{relative}: not collected: {key[1]!r}" for key in sorted(fresh - old, key=str)]
            faults += [f"{relative}: no longer in the sources: {key[1]!r}" for key in sorted(old - fresh, key=str)]
    sys.stdout.write("".join(f"{fault}\n" for fault in faults[:60]))
    sys.stdout.write(f"{len(kept)} catalogues, {len(faults)} faults\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
