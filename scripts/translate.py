"""Keeps the Vietnamese catalogue: merges translations from standard input, or checks that it is complete.

    echo '{"Return": "Hồ sơ", "period\\u0004Quarter": "Quý"}' | .venv/bin/python scripts/translate.py
    .venv/bin/python scripts/translate.py --check

A context stands before the text, separated by \\u0004. A text that has another translation already is refused, since
other pages show it; `--replace` says that it is meant. `--keep REASON` marks the entries as used although no source
file holds the text literally (it overrides a text of Django's, or comes from data); the check then leaves them be.
"""

import argparse
import contextlib
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

import polib
from compile_messages import ROOT, compile_catalogue, write_beside

CATALOGUE = ROOT / "locale" / "vi" / "LC_MESSAGES" / "django.po"
HEADER = {
    "Project-Id-Version": "cchc-portal",
    "Language": "vi",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}
KEPT = "kept: "
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]")
# Only what a person reads on screen is translated; these folders hold none of it.
NOT_TRANSLATED = {"tests", "var", "scripts", "bench", "proofs", "data", "docs", "static", "locale", "node_modules"}
TRANSLATED_SUFFIXES = {".py", ".html", ".txt"}


def load(path=CATALOGUE):
    """Reads the catalogue, or starts an empty one."""
    catalogue = (
        polib.pofile(str(path), encoding="utf-8", wrapwidth=118)
        if path.exists()
        else polib.POFile(encoding="utf-8", wrapwidth=118)
    )
    catalogue.metadata = dict(HEADER)
    catalogue.header = ""
    return catalogue


def save(catalogue, entries):
    """Writes `entries` ({(context, text): entry}) in order of their keys and compiles them."""
    catalogue[:] = [entries[key] for key in sorted(entries)]
    write_beside(CATALOGUE, lambda path: catalogue.save(str(path)))
    compile_catalogue(CATALOGUE, force=True)


@contextlib.contextmanager
def locked():
    """Holds the catalogue's folder for one writer; the others wait."""
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(CATALOGUE.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def key_of(entry):
    return (entry.msgctxt or "", entry.msgid)


def name_of(key):
    return f"{key[0]}|{key[1]}" if key[0] else key[1]


def merge(translations, keep="", *, replace=False):
    """Adds `translations` ({"context\\u0004text": "bản dịch"}) under a lock; other writers wait.

    Returns the texts that stand with another translation; then nothing is saved unless `replace` is set.
    """
    with locked():
        catalogue = load()
        entries = {key_of(entry): entry for entry in catalogue if not entry.obsolete}
        standing = {
            f"{entry.msgctxt}\x04{entry.msgid}" if entry.msgctxt else entry.msgid: entry for entry in entries.values()
        }
        other = [
            f"stands as {standing[full].msgstr!r}: {full!r}"
            for full, text in translations.items()
            if full in standing and standing[full].msgstr != unicodedata.normalize("NFC", text)
        ]
        if other and not replace:
            return other
        for full, text in translations.items():
            context, separator, msgid = full.rpartition("\x04")
            entry = polib.POEntry(
                msgctxt=context if separator else None,
                msgid=msgid,
                msgstr=unicodedata.normalize("NFC", text),
                flags=["python-format"] if PLACEHOLDER.search(msgid) else [],
                comment=f"{KEPT}{keep}" if keep else "",
            )
            entries[key_of(entry)] = entry
        save(catalogue, entries)
        return []


def faults_of(full, text):
    """What is wrong with one translation, as a list of sentences; empty when it may be stored."""
    if not isinstance(text, str) or not text.strip():
        return [f"empty: {full!r}"]
    msgid = full.rpartition("\x04")[2]
    if not msgid:
        return [f"no source text: {full!r}"]
    wanted, given = set(PLACEHOLDER.findall(msgid)), set(PLACEHOLDER.findall(text))
    faults = []
    if wanted != given:
        faults.append(f"placeholders differ: {msgid!r}: {sorted(wanted)} and {sorted(given)}")
    if msgid.startswith("\n") != text.startswith("\n") or msgid.endswith("\n") != text.endswith("\n"):
        faults.append(f"line breaks at the ends differ: {msgid!r}")
    return faults


def source_files(root=ROOT):
    """The project's files whose texts people read, relative to `root`."""
    found = []
    for folder, folders, files in os.walk(root):
        at_root = Path(folder) == root
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith((".", "__pycache__")) and not (at_root and name in NOT_TRANSLATED)
        )
        found += [
            Path(folder, name).relative_to(root) for name in sorted(files) if Path(name).suffix in TRANSLATED_SUFFIXES
        ]
    return [path for path in found if len(path.parts) > 1]


def extract(root=ROOT):
    """Every text marked for translation: {(context, text): first place}; Django's makemessages does the reading."""
    with tempfile.TemporaryDirectory(prefix="cchc-messages-") as name:
        copy = Path(name)
        (copy / "locale").mkdir()
        for path in source_files(root):
            (copy / path.parent).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / path, copy / path)
        command = [sys.executable, "-m", "django", "makemessages", "-l", "vi", "--keep-pot", "--no-wrap", "-v", "0"]
        environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
        done = subprocess.run(
            [*command, "-e", "html,txt,py"], cwd=copy, env=environment, capture_output=True, text=True, check=False
        )
        template = copy / "locale" / "django.pot"
        if done.returncode or not template.exists():
            raise SystemExit(f"makemessages failed (is gettext installed?):\n{done.stdout}{done.stderr}")
        catalogue = polib.pofile(str(template), encoding="utf-8")
        return {key_of(entry): entry.occurrences[0] if entry.occurrences else ("?", "") for entry in catalogue}


def check():
    """Compares the sources with the catalogue; returns a line for every fault."""
    used = extract()
    catalogue = load()
    known = {key_of(entry): entry for entry in catalogue if not entry.obsolete}
    faults = []
    for key, (place, line) in sorted(used.items(), key=lambda item: item[1]):
        if key not in known:
            faults.append(f"missing: {name_of(key)!r} ({place}:{line})")
    for key, entry in sorted(known.items()):
        if "fuzzy" in entry.flags:
            faults.append(f"fuzzy: {name_of(key)!r}")
        faults += faults_of(entry.msgid, entry.msgstr)
        if key not in used and not entry.comment.startswith(KEPT):
            faults.append(f"unused: {name_of(key)!r}")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="report missing, empty, fuzzy and unused texts")
    parser.add_argument("--missing", action="store_true", help="print the missing texts as JSON to fill in")
    parser.add_argument("--drop-unused", action="store_true", help="remove the texts that no source holds")
    parser.add_argument("--replace", action="store_true", help="the texts read may replace other translations")
    parser.add_argument("--keep", default="", metavar="REASON", help="mark the entries read as used for this reason")
    options = parser.parse_args()
    if options.check:
        faults = check()
        print("\n".join(faults) or "catalogue complete", file=sys.stderr if faults else sys.stdout)
        return 1 if faults else 0
    if options.missing:
        known = {key_of(entry) for entry in load()}
        wanted = {
            f"{ctx}\x04{msgid}" if ctx else msgid: "" for ctx, msgid in sorted(extract()) if (ctx, msgid) not in known
        }
        print(json.dumps(wanted, ensure_ascii=False, indent=1))
        return 0
    if options.drop_unused:
        return drop_unused()
    translations = json.load(sys.stdin)
    faults = [fault for full, text in translations.items() for fault in faults_of(full, text)]
    faults = faults or merge(translations, options.keep, replace=options.replace)
    if faults:
        print("nothing saved:", *faults, sep="\n", file=sys.stderr)
    return 1 if faults else 0


def drop_unused():
    """Removes what no source file holds any more, except what is marked as kept."""
    used = extract()
    with locked():
        catalogue = load()
        stays = {key_of(e): e for e in catalogue if key_of(e) in used or e.comment.startswith(KEPT)}
        print(f"dropped {len(catalogue) - len(stays)}")
        save(catalogue, stays)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
