"""What holds for all of the portal: addresses, methods, templates, static files, rooms of code.

Each check walks over everything there is; whoever breaks one of the rules on purpose writes it into the table beside
the check, with the reason.
"""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import NoReverseMatch, get_resolver, resolve, reverse

from agencies.choices import RoleCode
from agencies.models import Role
from tests.routes import all_routes

ROOT = Path(__file__).resolve().parent.parent
APPS = ("cchc_portal", "records", "agencies", "procedures", "dossiers", "inspections", "reports")
ROUTES = all_routes()
PAGES = [route for route in ROUTES if not route.address.startswith("/api/")]
API = [route for route in ROUTES if route.address.startswith("/api/")]
METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")
MAY_LEAD_TO_SIGN_IN = 302

# Pages that answer without a sign-in: name → (GET, POST).
PUBLIC = {"login": (200, 200), "healthz": (200, 405), "reports:check": (404, 405)}
# What a device asks for by itself says in JSON that nobody is signed in.
PUBLIC |= {"inspections:operations": (405, 401), "inspections:capture_photo": (405, 401)}
PUBLIC |= {"inspections:capture_state": (401, 405), "inspections:capture_worker": (200, 405)}
# Addresses of the API that answer without a token: the description, and what does not exist.
OPEN_IN_API = {"api:openapi-json": 200, "api:api-root": 404, "api:unknown": 404, "": 404}
# A view of Django's that answers OPTIONS with what it allows.
ANSWER_OPTIONS = {"logout"}
ENDS_OR_NEEDS_NO_SESSION = {"login", "logout"}

TEMPLATES = {path.relative_to(ROOT / "templates").as_posix(): path for path in (ROOT / "templates").rglob("*.*")}
CODE = [path for app in APPS for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts]
# Templates that Django finds by their name alone.
FOUND_BY_NAME = {"400.html", "403.html", "404.html", "500.html", "registration/login.html"}
REFERENCE = re.compile(r"""{%-?\s*(?:extends|include|kept|fixed)\s+["']([^"']+)["']""")
STATIC = re.compile(r"""{%-?\s*static\s+["']([^"']+)["']""")
NAMED_URL = re.compile(r"""{%-?\s*url\s+["']([^"']+)["']""")
# Static files that nobody links: what is read where it lies, by its full path.
READ_IN_PLACE = {"css/pdf.css", "css/pdf_form.css"}

# Models whose rows are not everybody's: views read them through what knows the reader.
GUARDED = {"Return", "Visit", "Finding", "Recommendation", "Team", "Document", "Claim", "Adjustment"}
READERS = {"visible_to", "known_to", "none"}
UNGUARDED_ON_PURPOSE = {
    ("dossiers/api/returns.py", "locked", "Return"): "the place was found through visible_to; this only locks its row",
    ("dossiers/views/grid.py", "to_enter", "Return"): "narrower than visible_to: agencies the person enters for",
    ("dossiers/views/review.py", "_states", "Return"): "for officers and auditors, who know of every return",
    (
        "inspections/views/merging.py",
        "finding_evidence",
        "Visit",
    ): "found with its finding; this only locks its row",
    (
        "inspections/views/visit_checklist.py",
        "visit_templates",
        "Visit",
    ): "found through visible_to; this locks its row",
    ("reports/views/documents.py", "_newer", "Document"): "says when a newer one of the same subject and kind was made",
    ("reports/views/documents.py", "check", "Document"): "public by design: answers who holds the printed code",
    ("reports/views/documents.py", "check", "Visit"): "names only the agency that the printed page names itself",
}
# Folders and modules over 400 lines, and why they stay whole.
LONG_ROOMS: dict[str, str] = {}
LONGEST = 400


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.name)
def test_page_asks_for_a_sign_in(route, client, db):
    for method, expected in zip(("get", "post"), PUBLIC.get(route.name, (None, None)), strict=True):
        answer = getattr(client, method)(route.address)
        if expected is not None:
            assert answer.status_code == expected, method
            continue
        assert answer.status_code == MAY_LEAD_TO_SIGN_IN, method
        assert answer.url.startswith("/login/"), method
        assert answer.content == b""


@pytest.mark.parametrize("route", API, ids=lambda route: route.pattern)
def test_api_asks_for_a_token(route, client, db, cast):
    signed_in = Client()
    signed_in.force_login(cast.kiemtoan)
    for caller in (client, signed_in):
        for method in ("get", "post", "put"):
            answer = getattr(caller, method)(route.address)
            open_to_all = OPEN_IN_API.get(route.name)
            if open_to_all is not None and method == "get":
                assert answer.status_code == open_to_all
            else:
                assert answer.status_code in (401, 404, 405), method
            assert not answer.cookies


def test_lists_of_what_is_open_name_real_addresses():
    names = {route.name for route in ROUTES}
    assert set(PUBLIC) | set(OPEN_IN_API) <= names


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.name)
def test_address_is_shadowed_by_no_other(route):
    match = resolve(route.address)
    assert match.view_name == route.name


@pytest.fixture
def everyone(cast):
    """A signed-in person with every role there is, so that nothing but the method is wrong."""
    for code in RoleCode:
        Role.objects.get_or_create(person=cast.quan, code=code, agency=cast.khcn, defaults={"valid_from": "2020-01-01"})
    client = Client(raise_request_exception=False)
    client.force_login(cast.quan)
    return client


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.name)
def test_wrong_method_is_refused(route, everyone, cast):
    answers = {}
    for method in METHODS[1:]:
        if route.name in ENDS_OR_NEEDS_NO_SESSION:
            everyone.logout()
            if route.name == "logout":
                everyone.force_login(cast.quan)
        answers[method] = everyone.generic(method.upper(), route.address).status_code
    refused = {method for method, status in answers.items() if status == 405}
    wrong = {"put", "patch", "delete", "trace"} | (set() if route.name in ANSWER_OPTIONS else {"options"})
    assert wrong <= refused
    reads = everyone.get(route.address).status_code != 405
    assert reads or "post" not in refused, "neither GET nor POST"
    assert ("head" not in refused) == reads, "HEAD goes with GET"


def test_every_template_is_used():
    """Pages are named in code; what they extend and include is followed from there."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in CODE)
    used = {name for name in TEMPLATES if f'"{name}"' in code} | FOUND_BY_NAME
    waiting = list(used)
    while waiting:
        for name in REFERENCE.findall(TEMPLATES[waiting.pop()].read_text(encoding="utf-8")):
            if name not in used:
                used.add(name)
                waiting.append(name)
    assert set(TEMPLATES) == used


def test_templates_name_what_exists():
    names = {route.name for route in ROUTES}
    faults = []
    for name, path in TEMPLATES.items():
        text = path.read_text(encoding="utf-8")
        faults += [f"{name}: {other}" for other in REFERENCE.findall(text) if other not in TEMPLATES]
        faults += [f"{name}: {file}" for file in STATIC.findall(text) if not finders.find(file)]
        faults += [f"{name}: {url}" for url in NAMED_URL.findall(text) if url not in names]
    assert faults == []


def test_code_names_urls_that_exist():
    """`reverse`, `redirect` and `resolve_url` with a literal name."""
    names = {route.name for route in ROUTES}
    faults = []
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            name = node.args[0].value
            if called in ("reverse", "reverse_lazy", "redirect") and isinstance(name, str) and name not in names:
                faults.append(f"{path.relative_to(ROOT)}:{node.lineno} {name}")
    assert faults == []


def test_control_an_unknown_name_does_not_reverse():
    with pytest.raises(NoReverseMatch):
        reverse("dossiers:no_such_page")


INLINE = re.compile(
    r"""<style|<script(?![^>]*\ssrc=)(?![^>]*application/json)|\son[a-z]+\s*=|\sstyle\s*=|["']javascript:""", re.I
)


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_template_holds_nothing_inline(name):
    """The content security policy would not run it. Printed pages carry their style with them and never meet one."""
    text = TEMPLATES[name].read_text(encoding="utf-8")
    if "/pdf/" in name or name == "base_pdf.html":
        text = re.sub(r"<style>.*?</style>", "", text, flags=re.S)
    assert INLINE.findall(text) == []


@pytest.mark.parametrize("text", ["<p style='x'>", '<a onclick="x">', "<script>x</script>", "<a href='javascript:x'>"])
def test_control_inline_is_found(text):
    assert INLINE.search(text)


def test_every_static_file_is_used():
    """Linked by a template, or imported by a script or sheet that is."""
    folder = ROOT / "static"
    files = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix in (".css", ".js", ".svg", ".png", ".woff2")
    }
    texts = [path.read_text(encoding="utf-8") for path in TEMPLATES.values()]
    texts += [path.read_text(encoding="utf-8") for path in CODE]
    used = READ_IN_PLACE | {name for text in texts for name in files if name in text}
    waiting = [name for name in used if name.endswith((".css", ".js"))]
    while waiting:
        name = waiting.pop()
        text = (folder / name).read_text(encoding="utf-8")
        for found in re.findall(r"""(?:from\s+|import\s+|import\(|url\()["']?(\.{1,2}/[^"')]+)""", text):
            other = (folder / name).parent.joinpath(found).resolve().relative_to(folder).as_posix()
            if other not in used:
                used.add(other)
                waiting += [other] if other.endswith((".css", ".js")) else []
    assert files - used == set()
    gone = {name for name in used - files if not (folder / name).is_file()}
    assert gone == set(), "named, but not there"


def test_static_files_are_collected_under_their_fingerprints(tmp_path):
    """The storage of production follows every reference inside the files; one that leads nowhere fails."""
    storages = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=storages):
        call_command("collectstatic", interactive=False, verbosity=0)
    assert (tmp_path / "staticfiles.json").exists()
    assert list((tmp_path / "js").glob("grid.*.js"))


def views_of(path: Path):
    """Every function of a module of views, with its tree."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node


def guarded_reads(function: ast.FunctionDef):
    """(model, method) for each `Model.objects.method(...)` of a guarded model."""
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "objects":
            model = node.value.value
            if isinstance(model, ast.Name) and model.id in GUARDED:
                yield model.id, node.attr


def test_views_read_through_what_the_person_may_see():
    faults, met = [], set()
    for path in CODE:
        name = path.relative_to(ROOT).as_posix()
        if "/views/" not in name and not name.endswith("/views.py") and "/api" not in name:
            continue
        for function in views_of(path):
            for model, method in guarded_reads(function):
                place = (name, function.name, model)
                if place in UNGUARDED_ON_PURPOSE:
                    met.add(place)
                elif method not in READERS:
                    faults.append(f"{name} {function.name}: {model}.objects.{method}")
    assert faults == []
    assert met == set(UNGUARDED_ON_PURPOSE), "an exception that nobody needs any more"


def test_control_an_unguarded_read_is_found():
    function = ast.parse("def view(request):\n    return Return.objects.filter(pk=1)").body[0]
    assert list(guarded_reads(function)) == [("Return", "filter")]


QUERIES = {"filter", "exclude", "get", "create", "update", "get_or_create", "update_or_create", "annotate", "order_by"}
FROM_OUTSIDE = {"GET", "POST", "data", "body", "headers", "COOKIES", "META"}


def test_no_request_data_as_keywords_of_a_query():
    """`filter(**request.GET)` lets whoever asks choose the columns."""
    faults = []
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") not in QUERIES:
                continue
            starred = [word.value for word in node.keywords if word.arg is None]
            starred += [argument.value for argument in node.args if isinstance(argument, ast.Starred)]
            for value in starred:
                if {n.attr for n in ast.walk(value) if isinstance(n, ast.Attribute)} & FROM_OUTSIDE:
                    faults.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert faults == []


def test_rooms_are_of_a_bearable_size():
    """Scripts and sheets too; modules of the apps are measured in test_house.py."""
    folders = [ROOT / "static" / "js", ROOT / "static" / "css", ROOT / "templates", ROOT / "scripts"]
    long = {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in (".js", ".css", ".html", ".py") and "vendor" not in path.parts
        if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST
    }
    assert long == set(LONG_ROOMS)


def test_every_page_has_a_name():
    assert [route.pattern for route in PAGES if route.name.rpartition(":")[2] == ""] == []
    assert get_resolver().namespace_dict.keys() >= {"agencies", "procedures", "dossiers", "inspections", "reports"}
