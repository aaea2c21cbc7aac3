"""The rules of the house (docs/architecture.md), held by tests."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

ROOT = Path(settings.BASE_DIR)
APPS = ("config", "directory", "scheduling", "integrations")
BIN = Path(sys.executable).parent


def ours(*patterns: str) -> list[Path]:
    """Files of the working copy that we wrote; third-party files lie under vendor/."""
    found = [path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()]
    return sorted(path for path in found if not {"vendor", ".venv", "var"} & set(path.relative_to(ROOT).parts))


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_imports_go_downwards_only():
    result = run(str(BIN / "lint-imports"), "--no-logo", "--no-cache")
    assert result.returncode == 0, result.stdout


def test_the_import_rule_sees_imports_for_type_checking_and_inside_functions(tmp_path):
    """The test of the test: what the rule forbids breaks it, wherever the import hides."""
    for app in APPS:
        (tmp_path / app).mkdir()
        (tmp_path / app / "__init__.py").touch()
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    for number, line in enumerate(
        [
            "def late():\n    import integrations\n",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import scheduling\n",
            "import celery\n",
        ]
    ):
        (tmp_path / "directory" / "upward.py").write_text(line)
        result = subprocess.run(
            [BIN / "lint-imports", "--no-logo", "--no-cache"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "BROKEN" in result.stdout, f"{number}: {line}\n{result.stdout}"
        assert result.returncode != 0


@pytest.mark.django_db
def test_migrations_are_complete():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


WITHOUT_INTEGRATIONS = """
import os, sys
from tests import settings as ours
ours.INSTALLED_APPS = [app for app in ours.INSTALLED_APPS if app != "integrations"]
sys.modules["integrations"] = None
import django
django.setup()
from django.apps import apps
from django.core.management import call_command
from django.test import Client
assert not apps.is_installed("integrations")
call_command("check")
call_command("migrate", verbosity=0)
from tests import factories
host = factories.make_professional(factories.make_brand(host="alone.localhost"))
first = factories.make_meeting_type(host).get_absolute_url()
client = Client(HTTP_HOST="alone.localhost")
for path in ["/healthz", "/accounts/login/", "/", "/search/", "/accounts/login/", host.get_absolute_url(), first]:
    response = client.get(path)
    print(path, response.status_code)
"""


def test_the_site_works_without_integrations(tmp_path):
    result = run(
        sys.executable,
        "-c",
        WITHOUT_INTEGRATIONS,
        DJANGO_SETTINGS_MODULE="tests.settings",
        DATABASE_URL=f"sqlite:///{tmp_path / 'alone.sqlite3'}",
    )
    assert result.returncode == 0, result.stderr
    answers = dict(line.rsplit(" ", 1) for line in result.stdout.splitlines() if line.startswith("/"))
    assert answers, result.stdout
    assert set(answers.values()) == {"200"}, answers


INLINE = re.compile(
    r"""<script(?![^>]*\bsrc=)(?![^>]*type="application/(?:ld\+)?json")|<style[\s>]|\sstyle\s*=\s*["']|\son[a-z]+\s*=\s*["']|javascript:""",
    re.IGNORECASE,
)
COMMENT = re.compile(r"{#.*?#}|{% comment.*?endcomment %}|<!--.*?-->", re.DOTALL)


def is_mail(path: Path) -> bool:
    """Mail programs know no stylesheet files; there inline style is the craft."""
    return bool({"mail", "mails", "email", "emails"} & set(path.parts))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('<script src="/a.js" type="module"></script>', False),
        ('<script type="application/ld+json">{}</script>', False),
        ("<script>alert(1)</script>", True),
        ('<p style="color: red">', True),
        ('<button onclick="go()">', True),
        ('<option value="on">', False),
        ("<style>p {}</style>", True),
    ],
)
def test_the_inline_pattern(text, found):
    assert bool(INLINE.search(text)) is found


def test_templates_hold_no_inline_script_or_style():
    wrong = []
    for path in ours("templates/**/*.html", "*/templates/**/*.html"):
        if is_mail(path):
            continue
        for match in INLINE.finditer(COMMENT.sub("", path.read_text(encoding="utf-8"))):
            wrong.append(f"{relative(path)}: {match.group(0)!r}")
    assert not wrong, "\n".join(wrong)


LIMIT, TEST_LIMIT = 400, 800


def test_no_file_is_too_long_without_saying_why():
    """More lines only with a module docstring that speaks of it ('long', 'lines' or 'one module')."""
    wrong = []
    for path in ours(*(f"{app}/**/*.py" for app in APPS), "tests/**/*.py", "static/**/*.js"):
        text = path.read_text(encoding="utf-8")
        limit = TEST_LIMIT if "tests" in path.parts else LIMIT
        if "migrations" in path.parts or text.count("\n") <= limit:
            continue
        doc = (ast.get_docstring(ast.parse(text)) or "") if path.suffix == ".py" else text[:800]
        if not re.search(r"\b(long|lines|one module)\b", doc, re.IGNORECASE):
            wrong.append(f"{relative(path)}: {text.count(chr(10))} lines")
    assert not wrong, "\n".join(wrong)


def test_every_setting_is_explained():
    """What settings read from the environment stands in .env.example, and nothing else does."""
    source = (ROOT / "config" / "settings.py").read_text()
    read = set(re.findall(r"""env(?:\.\w+)?\(\s*["']([A-Z_]+)["']""", source))
    explained = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert explained - {"HOST", "PORT"} == read


def test_requirements_are_pinned_and_explained():
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            assert re.fullmatch(r"[\w.\[\],-]+==[\w.]+\s+# .+", line), line


def test_the_readme_names_the_demo_log_ins_as_they_are():
    from scheduling.management.commands.demo import LOGINS

    readme = (ROOT / "README.md").read_text()
    for role, email, password in LOGINS:
        assert f"`{email}`" in readme, role
        assert f"`{password}`" in readme


def test_pictures_of_the_documentation_are_small():
    assert all(picture.stat().st_size < 300_000 for picture in ours("docs/images/*"))
