"""Writes requirements.lock and requirements-dev.lock: the exact version of everything that .venv holds for us.

Run it with .venv/bin/python after changing requirements.txt or requirements-dev.txt and installing them. What the lock
names is found by following each package's own requirements, so strays in .venv stay out.
"""

import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent


def wanted(path):
    """The requirements written in one requirements file, comments and includes left out."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def closure(requirements):
    """Name → version of these packages and of all they need on this Python, from the installed metadata."""
    versions, pending, seen = {}, list(requirements), set()
    while pending:
        requirement = pending.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras}:
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            found = metadata.distribution(name)
            versions[name] = found.version
            for text in found.requires or []:
                needed = Requirement(text)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    pending.append(needed)
    return versions


def lock_text(versions, first):
    return "\n".join([*first, *(f"{name}=={version}" for name, version in sorted(versions.items()))]) + "\n"


def locks():
    """The text of both lock files by name, as they should be now."""
    runtime = closure(wanted(ROOT / "requirements.txt"))
    development = closure(wanted(ROOT / "requirements-dev.txt"))
    added = {name: version for name, version in development.items() if name not in runtime}
    made = "# Made by scripts/lock.py; change requirements{}.txt instead."
    return {
        "requirements.lock": lock_text(runtime, [made.format("")]),
        "requirements-dev.lock": lock_text(added, [made.format("-dev"), "-r requirements.lock"]),
    }


def main():
    stale = [name for name, text in locks().items() if (ROOT / name).read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        print(f"out of date: {', '.join(stale)}; run scripts/lock.py" if stale else "locks complete")
        return 1 if stale else 0
    for name, text in locks().items():
        (ROOT / name).write_text(text, encoding="utf-8")
        print(name, len(text.splitlines()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
