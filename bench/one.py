"""Measure every row on one database and print each as a line of JSON; started by `python -m bench`."""

import json
import os
import sys
import time
import traceback

import django
from django.db import connection


def main() -> None:
    django.setup()
    # The portal's models can be imported from here on.
    from bench import bulk, documents, growth, lists, pages, processes, rates, reports, workbooks

    modules = (rates, pages, lists, documents, reports, bulk, workbooks, processes)
    chosen = [measured for module in modules for measured in module.ROWS] + [growth.growth]
    only = os.environ.get("ONLY", "")
    failed = 0
    for measured in (one for one in chosen if only in ("", one.__name__)):
        began = time.monotonic()
        try:
            found = measured(connection.vendor)
        except Exception:
            failed += 1
            print(f"{measured.__name__}: not measured", file=sys.stderr)
            traceback.print_exc()
            continue
        for row in found:
            print(json.dumps(row.as_json(), ensure_ascii=False), flush=True)
        took = time.monotonic() - began
        print(f"{connection.vendor}: {measured.__name__}, {took:.0f} s", file=sys.stderr, flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
