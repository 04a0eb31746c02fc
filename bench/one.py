"""Measure every row on one database and print them as JSON; started by `python -m bench` with its environment."""

import json
import sys
import traceback

import django
from django.db import connection


def main() -> None:
    django.setup()
    from bench import documents, pages, rates, reports  # the portal's models can be imported from here on

    rows = []
    for measured in (*rates.ROWS, *pages.ROWS, *documents.ROWS, *reports.ROWS):
        try:
            rows += measured(connection.vendor)
        except Exception:
            print(f"{measured.__name__}: not measured", file=sys.stderr)
            traceback.print_exc()
        else:
            print(f"{connection.vendor}: {measured.__name__}", file=sys.stderr, flush=True)
    json.dump([row.as_json() for row in rows], sys.stdout)


if __name__ == "__main__":
    main()
