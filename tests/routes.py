"""Every address of the portal, filled in, for tests that walk over all of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

UUID = "00000000-0000-4000-8000-000000000000"
# What stands in for a converter; by name where the name tells more.
BY_NAME = {
    "code": "HN-KHCN",
    "of": "job",
    "action": "submit",
    "part": "levels",
    "token": "0" * 32,
    "pk": "1",
    "which": "report",
}
BY_KIND = {"int": "1", "slug": "one", "uuid": UUID, "str": "one", "path": "one"}
CONVERTER = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")

# Addresses without a page of their own: steps that are posted, files, fragments, what a script asks for.
NO_PAGES = {
    "healthz",
    "logout",
    "set_language",
    "agencies:agency_children",
    "agencies:person_active",
    "agencies:role_grant",
    "agencies:role_revoke",
    "agencies:token_revoke",
    "dossiers:accept_clean",
    "dossiers:adjustment_action",
    "dossiers:job_retry",
    "dossiers:line_context",
    "dossiers:return_form",
    "dossiers:return_open",
    "dossiers:return_workbook",
    "dossiers:save_lines",
    "dossiers:unusual_action",
    "dossiers:unusual_look",
    "inspections:ask_document",
    "inspections:ask_plan",
    "inspections:ask_team_paper",
    "inspections:capture_photo",
    "inspections:capture_state",
    "inspections:capture_worker",
    "inspections:captured_picture",
    "inspections:evidence",
    "inspections:evidence_withdraw",
    "inspections:finding_action",
    "inspections:finding_evidence",
    "inspections:finding_file",
    "inspections:finding_keep",
    "inspections:finding_repeat",
    "inspections:finding_withdraw",
    "inspections:make_brief",
    "inspections:operations",
    "inspections:photo",
    "inspections:photo_withdraw",
    "inspections:plan_action",
    "inspections:proposal_action",
    "inspections:recommendation_action",
    "inspections:self_check_action",
    "inspections:self_check_file",
    "inspections:team_action",
    "inspections:visit_action",
    "inspections:visit_resolve",
    "procedures:holiday_remove",
    "records:message_read_all",
    "reports:brief_switch",
    "reports:changes_card",
    "reports:changes_seen",
    "reports:document_download",
    "reports:document_status",
    "reports:open_data_action",
    "reports:open_data_file",
    "reports:open_data_version",
}


@dataclass(frozen=True)
class Route:
    """One URL pattern: where it is written, its name with namespaces, and an address that it takes."""

    pattern: str
    name: str
    address: str


def _filled(found: re.Match) -> str:
    kind, name = found["kind"] or "str", found["name"]
    return BY_KIND[kind] if kind == "uuid" else BY_NAME.get(name, BY_KIND[kind])


def _walk(patterns, before: str, names: tuple[str, ...]) -> Iterator[Route]:
    for item in patterns:
        written = before + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from _walk(item.url_patterns, written, (*names, item.namespace) if item.namespace else names)
        elif isinstance(item, URLPattern):
            yield Route(written, ":".join((*names, item.name or "")), "/" + CONVERTER.sub(_filled, written))


def all_routes() -> list[Route]:
    """Every URL pattern of the portal in the order in which Django tries them."""
    return list(_walk(get_resolver().url_patterns, "", ()))
