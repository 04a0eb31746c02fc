"""The network between the page and the portal, as bad as a seed makes it."""

import random
from collections import Counter
from functools import partial

from playwright.sync_api import BrowserContext, Error, Route

FAULTS = {"drop": 0.1, "unheard": 0.1, "double": 0.1, "delay": 0.08, "401": 0.05, "409": 0.05, "500": 0.1}


class Network:
    """Saves on their way to the server, and what befalls them."""

    context: BrowserContext

    def __init__(self, rng: random.Random, *, safeguards: bool):
        self.rng, self.safeguards = rng, safeguards
        self.whole = False
        self.held: list = []
        self.befell = Counter()

    def route(self, route: Route) -> None:
        headers = dict(route.request.headers)
        if not self.safeguards:
            headers.pop("idempotency-key", None)
        fault = None if self.whole else self._fault()
        self.befell[fault or "passed"] += 1
        try:
            self._answer(route, headers, fault)
        except Error:
            self.befell["cut off with its tab"] += 1

    def _answer(self, route: Route, headers: dict, fault: str | None) -> None:
        if fault == "drop":
            route.abort()
        elif fault in ("401", "409", "500"):
            route.fulfill(status=int(fault), body="<h1>Không được</h1>", content_type="text/html")
        elif fault == "unheard":
            route.fetch(headers=headers)
            route.abort()
        else:
            if fault in ("double", "delay"):
                request = route.request
                self.held.append(partial(self._send, request.url, headers, request.post_data))
            if fault == "delay":
                route.abort()
            else:
                route.continue_(headers=headers)

    def _send(self, url: str, headers: dict, body: str) -> None:
        self.context.request.post(url, headers=headers, data=body, max_redirects=0)

    def _fault(self) -> str | None:
        return self.rng.choices([*FAULTS, None], [*FAULTS.values(), 1 - sum(FAULTS.values())])[0]

    def let_out(self) -> None:
        """Some of what was held back arrives now, behind what was sent later."""
        self.rng.shuffle(self.held)
        while self.held and self.rng.random() < 0.6:
            self.held.pop()()
