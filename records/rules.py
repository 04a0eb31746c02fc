"""The audit chain: what a hash covers and how the chain is recomputed; addresses in mails. Pure."""

import hashlib
import re
from collections.abc import Iterable

GENESIS = "0" * 64
# Whole path segments of plain characters: neither "//host" nor a backslash, which browsers take for another host.
OWN_PATH = re.compile(r"/(?:[A-Za-z0-9_.~-]+/)*(?:\?[A-Za-z0-9_.~=&%-]+)?")


def event_hash(
    *,
    number: int,
    at: str,
    actor: str,
    action: str,
    target_kind: str,
    target_id: str,
    before: str,
    after: str,
    reason: str,
    previous_hash: str,
) -> str:
    """SHA-256 over the stored bytes of one event, each field after its length so that none can flow into the next.

    `at` is the stored instant in UTC with microseconds (ISO 8601), `actor` the person's key or empty.
    """
    digest = hashlib.sha256()
    for part in (str(number), at, actor, action, target_kind, target_id, before, after, reason, previous_hash):
        data = part.encode("utf-8")
        digest.update(f"{len(data)}:".encode("ascii"))
        digest.update(data)
    return digest.hexdigest()


def first_bad_number(events: Iterable[dict], head_number: int, head_hash: str) -> int | None:
    """Number of the first event whose place, link or hash is wrong; None where the chain holds up to the recorded head.

    `events` come in order of their number, each with the arguments of `event_hash` and its stored `hash`. A cut-off
    tail is found by the head: the number after the last event present is the bad one.
    """
    expected, previous = 1, GENESIS
    for event in events:
        stored = event["hash"]
        fields = {name: value for name, value in event.items() if name != "hash"}
        if event["number"] != expected or event["previous_hash"] != previous or event_hash(**fields) != stored:
            return expected
        expected, previous = expected + 1, stored
    if expected - 1 != head_number or previous != head_hash:
        return expected
    return None


def own_path(text: str, base_url: str) -> str:
    """The path of our page that `text` is the address of, with or without the base address; "" for other text."""
    if base_url and text.startswith(f"{base_url}/"):
        text = text[len(base_url) :]
    return text if OWN_PATH.fullmatch(text) else ""
