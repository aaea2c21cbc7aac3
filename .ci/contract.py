"""The API against its own document: schemathesis calls every door of a running server, on PostgreSQL, as nobody and with
a token. No 5xx, nothing that the document does not promise. Prints what to send again when something is found.

    .venv/bin/python .ci/contract.py [EXAMPLES]     so many made-up calls of each door; 10 unless told
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
SERVER = "postgresql://postgres@127.0.0.1:5432"
NAME = f"marketplace_contract_{os.getpid()}"
BIN = Path(sys.executable).parent
# The brand whose things are asked for; its name need not resolve.
HOST = "contract.localhost"
LONGEST = 240  # seconds for one caller, on a slow machine
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
]
PEOPLE = """
from datetime import timedelta
from django.utils import timezone
from scheduling.api import callers
from scheduling.models.api import OWN_SCOPES
from tests import factories
brand = factories.make_brand(slug="contract", host="contract.localhost", is_default=True)
host = factories.make_professional(brand, with_login=True)
factories.make_meeting_type(host)
end = timezone.now() + timedelta(days=1)
print(callers.new_token(host, name="contract", scopes=[one.value for one in OWN_SCOPES], expires_at=end)[1])
"""


def database(verb: str) -> None:
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as connection:
        connection.execute(f"{verb} DATABASE {NAME}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_answers(base: str, server: subprocess.Popen[bytes]) -> None:
    url = urllib.request.Request(f"{base}/api/v1/openapi.json", headers={"Host": HOST})
    for _turn in range(300):
        if server.poll() is not None:
            raise SystemExit(f"The server ended with code {server.returncode}.")
        try:
            urllib.request.urlopen(url, timeout=20).read()
        except urllib.error.HTTPError as answer:
            raise SystemExit(f"{base}: {answer.code} {answer.read()[:2000]!r}") from answer
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"{base} does not answer.")


def call_everything(base: str, token: str, phases: str, examples: int, folder: Path) -> int:
    """schemathesis's exit code: 0, or 1 when a check failed."""
    command = [BIN / "schemathesis", "run", f"{base}/api/v1/openapi.json", "--url", base]
    command += ["--checks", ",".join(CHECKS), "--phases", phases, "--max-examples", str(examples)]
    command += [
        "--workers",
        "1",
        "--seed",
        "1",
        "--warnings",
        "off",
        "--request-timeout",
        "20",
        "--continue-on-failure",
    ]
    command += ["--header", f"Host: {HOST}"]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    return subprocess.run(command, cwd=folder, check=False, timeout=LONGEST).returncode


def main(examples: int) -> int:
    database("CREATE")
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DATABASE_URL": f"{SERVER.replace('postgresql', 'postgres')}/{NAME}",
            "VAR_DIR": folder,
            "DEVELOPMENT": "1",
            "IGNORE_ENV_FILE": "1",
            "PUBLIC_PORT": str(port),
            "PLAIN_STATIC": "1",
            "LOG_LEVEL": "WARNING",
            "VISITOR_LIMITS": "0",
        }

        def manage(*words: str) -> str:
            command = [sys.executable, "manage.py", *words]
            return subprocess.run(
                command, cwd=ROOT, env=environment, check=True, text=True, stdout=subprocess.PIPE
            ).stdout

        server = None
        try:
            manage("migrate", "--verbosity", "0")
            token = manage("shell", "--no-imports", "--command", PEOPLE).strip().splitlines()[-1]
            server = subprocess.Popen(
                [
                    BIN / "gunicorn",
                    "config.wsgi",
                    "--bind",
                    f"127.0.0.1:{port}",
                    "--workers",
                    "2",
                    "--threads",
                    "2",
                    "--limit-request-line",
                    "0",
                ],
                cwd=ROOT,
                env=environment,
                start_new_session=True,
            )
            wait_until_it_answers(base, server)
            codes = {}
            # The corners of every parameter once; made-up calls as both.
            for who, key, phases in (
                ("nobody in particular", "", "fuzzing"),
                ("a professional's token", token, "coverage,fuzzing"),
            ):
                print(f"\n--- as {who}", flush=True)
                codes[who] = call_everything(base, key, phases, examples, Path(folder))
        finally:
            if server is not None:
                os.killpg(server.pid, signal.SIGTERM)
                server.wait(30)
            database("DROP")
    for who, code in codes.items():
        print(f"{who}: {'ok' if code == 0 else f'schemathesis ended with {code}'}")
    return int(any(codes.values()))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
