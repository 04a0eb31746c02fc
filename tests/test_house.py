"""What the import contracts cannot say: public drawers, imports at the top, rooms of a bearable size."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ["records", "agencies", "procedures", "dossiers", "inspections", "reports"]
PUBLIC_DRAWERS = {"models", "choices", "rules", "permissions", "tally"}
# The bottom floor also lends its registry of document kinds and its engine of moves.
ALSO_PUBLIC = {("records", "registry"), ("records", "moves"), ("records", "workflow"), ("records", "tasks")}
# The demo loader stands beside the operator: it fills the registers through their own importers, keeps a photo, and
# goes the way of the workflows.
DEMO, DEMO_DRAWERS = "reports/demo/", {"imports", "documents", "photos", "workflow"}
# WeasyPrint is heavy and its system libraries may be missing; checks are registered when Django is ready.
LAZY_IMPORTS = {"cchc_portal/lib/pdf.py", "cchc_portal/apps.py"}
LONGEST = 400

MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for app in ["cchc_portal", *APPS]
    for path in (ROOT / app).rglob("*.py")
    if "migrations" not in path.parts
)


def imports_of(tree):
    """Every module that an import statement under `tree` names, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


@pytest.mark.parametrize("name", MODULES)
def test_module_keeps_the_rules_of_the_house(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    tree = ast.parse(text)
    home = name.split("/")[0]
    public = PUBLIC_DRAWERS | (DEMO_DRAWERS if name.startswith(DEMO) else set())
    faults = []
    if home in APPS:
        for target, line in imports_of(tree):
            app, _, rest = target.partition(".")
            drawer = rest.partition(".")[0]
            if app in APPS and app != home and drawer not in public and (app, drawer) not in ALSO_PUBLIC:
                faults.append(f"{name}:{line} reaches into {app}.{drawer}")
    if name not in LAZY_IMPORTS:
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                faults += [f"{name}:{line} imports {target} in a function" for target, line in imports_of(function)]
    if len(text.splitlines()) > LONGEST:
        faults.append(f"{name} has more than {LONGEST} lines: split it by noun")
    assert not faults, "\n".join(faults)
