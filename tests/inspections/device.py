"""Operations as a device sends them from the site, for tests."""

import uuid

DEVICE = "11111111-1111-4111-8111-111111111111"
AT = "2026-10-05T09:12:44.120+07:00"


def op(kind: str, subject: str, value: dict, base: str = "", **more) -> dict:
    made = {"id": str(uuid.uuid4()), "seq": 1, "at": AT, "kind": kind, "subject": subject, "base": base}
    return made | {"value": value} | more


def answer(code: str, result: str, base: str = "") -> dict:
    return op("answer", f"answer:{code}", {"result": result}, base)


def resolve(subject: str, over: list[str], value: dict) -> dict:
    return op("resolve", subject, {"over": over, "value": value})


def finding_op(key: str, text: str, base: str = "", **more) -> dict:
    value = {"kind": "limitation", "area": "procedures", "text": text} | more
    return op("finding", f"finding:{key}", value, base)


def outcomes(body: dict) -> list[str]:
    return [receipt["outcome"] for receipt in body["receipts"]]
