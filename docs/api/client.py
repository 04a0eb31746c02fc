#!/usr/bin/env python3
"""Example client of the portal's API, standard library only.

    export CCHC_API_TOKEN=cchc_…            # from: manage.py issue_token USER --agency CODE --scope returns
    python3 docs/api/client.py periods
    python3 docs/api/client.py show HN-KHCN 2026-Q3 > lines.json
    python3 docs/api/client.py send HN-KHCN 2026-Q3 lines.json
    python3 docs/api/client.py submit HN-KHCN 2026-Q3
    python3 docs/api/client.py rates 2026-Q3 D2

Another address than http://127.0.0.1:8000 goes into CCHC_API_URL. The exit status is 0 when it worked, 1 when the
portal refused, 2 when it could not be reached.
"""

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from urllib.parse import quote, urlencode

ATTEMPTS = 5
TIMEOUT = 30


class Refused(Exception):
    """The portal's answer was a problem (RFC 9457)."""


def call(method, path, *, body=None, **headers):
    """One request; (content, ETag). A lost answer is asked for again: a write with the key of the first attempt."""
    url = os.environ.get("CCHC_API_URL", "http://127.0.0.1:8000").rstrip("/") + "/api/v1/" + path
    sent = {"Authorization": "Bearer " + os.environ["CCHC_API_TOKEN"]}
    sent |= {name.replace("_", "-"): value for name, value in headers.items() if value}
    data = None
    if body is not None:
        data, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
    for attempt in range(ATTEMPTS):
        request = urllib.request.Request(url, data=data, method=method, headers=sent)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                return json.load(answer), answer.headers.get("ETag")
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise Refused(explained(error)) from error
            failure = error
        except OSError as error:
            failure = error
        if attempt + 1 < ATTEMPTS:
            time.sleep(2**attempt)
    raise failure


def explained(error):
    """A problem as lines for the terminal: what, then where."""
    try:
        problem = json.load(error)
    except ValueError:
        return f"{error.code} {error.reason}"
    lines = [f"{problem['status']} {problem['code']}: {problem['detail']}"]
    for one in problem["errors"]:
        place = " ".join(part for part in (one["line"], one["field"]) if part)
        lines.append(f"  {place or '-'}: {one['message']} [{one['code']}]")
    return "\n".join(lines)


def address(agency, period):
    return f"returns/{quote(agency, safe='')}/{quote(period, safe='')}"


def send(agency, period, file):
    """Replace the lines of the draft by those of the file, over the version that stands there now."""
    with open(file, encoding="utf-8") as handle:
        lines = json.load(handle)["lines"]
    _shown, tag = call("GET", address(agency, period))
    key = str(uuid.uuid4())
    return call("PUT", address(agency, period), body={"lines": lines}, If_Match=tag, Idempotency_Key=key)[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("periods", "agencies", "procedures"):
        commands.add_parser(name)
    for name in ("show", "send", "submit"):
        one = commands.add_parser(name)
        one.add_argument("agency")
        one.add_argument("period")
    commands.choices["send"].add_argument("file")
    rates = commands.add_parser("rates")
    rates.add_argument("period")
    rates.add_argument("formula", nargs="?", default="D2")
    chosen = parser.parse_args()
    if not os.environ.get("CCHC_API_TOKEN"):
        parser.error("set CCHC_API_TOKEN")
    try:
        if chosen.command == "show":
            answer = call("GET", address(chosen.agency, chosen.period))[0]
        elif chosen.command == "send":
            answer = send(chosen.agency, chosen.period, chosen.file)
        elif chosen.command == "submit":
            path = address(chosen.agency, chosen.period) + "/submit"
            answer = call("POST", path, Idempotency_Key=str(uuid.uuid4()))[0]
        elif chosen.command == "rates":
            answer = call("GET", "rates?" + urlencode({"period": chosen.period, "formula": chosen.formula}))[0]
        else:
            answer = call("GET", chosen.command)[0]
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"the portal cannot be reached: {error}", file=sys.stderr)
        return 2
    json.dump(answer, sys.stdout, ensure_ascii=False, indent=1)
    print()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
