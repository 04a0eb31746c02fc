"""Compiles the message catalogues: locale/*/LC_MESSAGES/*.po to the .mo file that Django reads.

polib does it, so no gettext tools are needed on the machine. A catalogue that has not changed is left alone.
"""

import os
import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent


def write_beside(target, write):
    """Lets `write(path)` fill a temporary file beside `target`, then puts it in place in one step."""
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        write(aside)
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)


def compile_catalogue(po_path, force=False):
    """Writes the .mo next to `po_path` when it is missing or older; returns whether it wrote."""
    mo_path = po_path.with_suffix(".mo")
    if not force and mo_path.exists() and mo_path.stat().st_mtime_ns >= po_path.stat().st_mtime_ns:
        return False
    catalogue = polib.pofile(str(po_path), encoding="utf-8")
    write_beside(mo_path, lambda path: catalogue.save_as_mofile(str(path)))
    return True


def compile_all(root=ROOT):
    """Compiles every catalogue of the project that needs it; returns the paths written."""
    return [path for path in sorted(root.glob("locale/*/LC_MESSAGES/*.po")) if compile_catalogue(path)]


if __name__ == "__main__":
    for path in compile_all():
        print(f"compiled {path.relative_to(ROOT)}", file=sys.stderr)
