"""Brings the database, the demo data and the static files up to date before the portal starts; fast when they are.

Started by run.py, which names the settings: DJANGO_SETTINGS_MODULE=cchc_portal.settings python -m scripts.prepare
"""

import argparse
import hashlib
import os
import shutil
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor


def say(text):
    print(text, flush=True)


def migrate():
    """Applies what is missing; asking costs a tenth of what Django's command costs."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Cập nhật cơ sở dữ liệu… / migrating")
        call_command("migrate", interactive=False, verbosity=0)


def load_demo(scale):
    """Fills a database that holds no agency; any other is left as it is."""
    if apps.get_model("agencies", "Agency").objects.exists():
        if scale != "small":
            say(f"Cơ sở dữ liệu đã có dữ liệu, bỏ qua DEMO={scale}. / database is not empty, DEMO ignored")
        return
    say("Nạp dữ liệu mẫu, có thể mất vài phút… / loading demo data")
    call_command("load_demo", scale=scale, verbosity=0)


def static_fingerprint():
    """Changes when a static file of the project, or the code that processes them, changes."""
    digest = hashlib.sha256(f"{django.VERSION} {settings.STORAGES['staticfiles']}".encode())
    for folder in settings.STATICFILES_DIRS:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                state = path.stat()
                digest.update(f"{path.relative_to(folder)} {state.st_size} {state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def collect_static():
    """Collects beside the folder in use and swaps, so that an interruption leaves the old files or the new ones."""
    target = Path(settings.STATIC_ROOT)
    stamp = target / ".fingerprint"
    wanted = static_fingerprint()
    for litter in target.parent.glob(f".{target.name}-*"):
        shutil.rmtree(litter, ignore_errors=True)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    fresh, old = (target.with_name(f".{target.name}-{kind}-{os.getpid()}") for kind in ("fresh", "old"))
    settings.STATIC_ROOT = fresh
    try:
        call_command("collectstatic", interactive=False, verbosity=0)
        (fresh / ".fingerprint").write_text(wanted)
        if target.exists():
            target.rename(old)
        fresh.rename(target)
    finally:
        settings.STATIC_ROOT = target
        for litter in (fresh, old):
            shutil.rmtree(litter, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", choices=["small", "city"], default="small")
    options = parser.parse_args()
    try:
        django.setup()
        connection.ensure_connection()
    except ImproperlyConfigured as error:
        raise SystemExit(f"Cấu hình sai / wrong setting: {error}") from None
    except OperationalError as error:
        raise SystemExit(f"Không mở được cơ sở dữ liệu / cannot open CCHC_DATABASE_URL: {error}") from None
    migrate()
    load_demo(options.scale)
    collect_static()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
