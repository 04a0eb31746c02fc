"""The city-scale database: built once by `load_demo --scale city`, kept under var/bench, a fresh copy for each run."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "var" / "bench"
MADE_FROM = ("*/migrations/*.py", "reports/demo/*.py", "data/*.csv", "data/*.json")


def fingerprint() -> str:
    """Changes when the tables or what fills them change; a database made from another state is built anew."""
    digest = hashlib.sha256()
    for pattern in MADE_FROM:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def environment(url: str) -> dict[str, str]:
    """What a process of the benchmark is started with; nothing of the caller's portal."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CCHC_", "DJANGO_"))}
    return kept | {
        "CCHC_DATABASE_URL": url,
        "CCHC_MEDIA_ROOT": str(KEPT / "media"),
        "DJANGO_SETTINGS_MODULE": "bench.settings",
    }


def manage(url: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment(url), check=True)


def fill(url: str) -> None:
    """Tables, the city's ten years, and statistics for the planner."""
    manage(url, "migrate", "--verbosity", "0")
    manage(url, "load_demo", "--scale", "city")


def sqlite_url() -> str:
    """A fresh copy of the city in SQLite."""
    source = KEPT / f"city-{fingerprint()}.sqlite3"
    if not source.exists():
        forget("sqlite3")
        making = source.with_suffix(".making")
        fill(f"sqlite:///{making}")
        subprocess.run(
            [
                sys.executable,
                "-c",
                "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
                " c.execute('PRAGMA wal_checkpoint(TRUNCATE)'); c.execute('ANALYZE'); c.commit();"
                " c.execute('PRAGMA journal_mode=DELETE'); c.close()",
                str(making),
            ],
            check=True,
        )
        making.rename(source)
    copy = KEPT / "run.sqlite3"
    for rest in KEPT.glob("run.sqlite3*"):
        rest.unlink()
    shutil.copyfile(source, copy)
    return f"sqlite:///{copy}"


def postgresql_url(services) -> str:
    """The city restored into a new database of the running server."""
    url = services.database_url("city")
    server = ["-h", "127.0.0.1", "-p", str(services.postgres_port), "-U", "cchc"]
    subprocess.run(["createdb", *server, "city"], check=True)
    source = KEPT / f"city-{fingerprint()}.pgdump"
    if source.exists():
        subprocess.run(["pg_restore", *server, "-d", "city", "-j", "2", "--no-owner", str(source)], check=True)
    else:
        forget("pgdump")
        fill(url)
        making = source.with_suffix(".making")
        subprocess.run(["pg_dump", *server, "-Fc", "-Z", "1", "-f", str(making), "city"], check=True)
        making.rename(source)
    tidied = ["-c", "VACUUM ANALYZE", "-c", "CHECKPOINT"]
    subprocess.run(["psql", *server, "-q", "-d", "city", *tidied], check=True)
    return url


def forget(kind: str) -> None:
    """Databases made from an older state of the code go."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for old in (*KEPT.glob(f"city-*.{kind}*"), *KEPT.glob("city-*.making*")):
        old.unlink()
