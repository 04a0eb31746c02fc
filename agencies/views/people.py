"""People and their dated roles: kept by the administrator, read by the programme office and the auditors."""

import secrets
from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.filters import PersonFilter
from agencies.forms import PersonForm, RoleForm, last_day_of_revoked
from agencies.models import Person, Role
from agencies.permissions import keeps_accounts, reads_accounts
from cchc_portal.lib.paging import page_of
from cchc_portal.lib.tables import CONTENT_TYPES, Column, hand_out_table, table_response, wants_table
from records.models import Event

# Letters and digits that are not taken for one another when read aloud or copied by hand.
PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def first_password() -> str:
    """Twenty letters in groups of five: about 99 bits, typed from a slip of paper once."""
    return "-".join("".join(secrets.choice(PASSWORD_LETTERS) for _letter in range(5)) for _group in range(4))


def _breadcrumb(title: str | None = None) -> list:
    steps = [(_("Administration"), reverse("agencies:administration"))]
    if title is None:
        return [*steps, (_("People and roles"), None)]
    return [*steps, (_("People and roles"), reverse("agencies:person_list")), (title, None)]


def _require_keeper(request: HttpRequest) -> None:
    if not keeps_accounts(request.user):
        raise PermissionDenied


@require_safe
def person_list(request: HttpRequest) -> HttpResponse:
    """Everyone with the roles held today; filters, sorting, export for the access review."""
    if not reads_accounts(request.user):
        raise PermissionDenied
    today = Role.objects.on(timezone.localdate()).select_related("agency").order_by("code", "agency__sort_key")
    people = Person.objects.prefetch_related(Prefetch("roles", queryset=today, to_attr="held")).order_by(
        "full_name", "pk"
    )
    narrowed = PersonFilter(request.GET, people)
    if request.GET.get("format") in CONTENT_TYPES:
        return _export(narrowed.qs, request.GET["format"])
    context = {
        "filter": narrowed,
        "page": page_of(request, narrowed.qs),
        "may_edit": keeps_accounts(request.user),
        "breadcrumb": _breadcrumb(),
    }
    return render(request, "agencies/person_list.html", context)


def _export(people, fmt: str) -> HttpResponse:
    columns = [
        Column(_("User name")),
        Column(_("Full name"), 30),
        Column(_("Roles today"), 60),
        Column(_("Last sign-in")),
    ]
    rows = (
        (
            person.username,
            person.full_name,
            "; ".join(f"{role.get_code_display()} – {role.agency.short_name}" for role in person.held),
            person.last_login,
        )
        for person in people
    )
    return table_response(_("People and roles"), columns, rows, fmt)


@require_http_methods(["GET", "HEAD", "POST"])
def person_new(request: HttpRequest) -> HttpResponse:
    """A new account; its first password is made here and shown once, on the answer to this very request."""
    _require_keeper(request)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        password = first_password()
        form.instance.set_password(password)
        with transaction.atomic():
            saved = form.save_checked()
            Event.objects.append(actor=request.user, action="create_person", **saved)
        person = saved["target"]
        context = {"person": person, "password": password, "breadcrumb": _breadcrumb(person.full_name)}
        return render(request, "agencies/person_created.html", context)
    title = _("New person")
    context = {"form": form, "title": title, "back": reverse("agencies:person_list"), "breadcrumb": _breadcrumb(title)}
    return render(request, "registers/form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def person_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A person with all roles ever held; the administrator corrects name and title here and grants roles."""
    if not reads_accounts(request.user):
        raise PermissionDenied
    person = get_object_or_404(Person, pk=pk)
    if wants_table(request):
        return hand_out_table(request, person.username, {"roles": partial(_roles_table, person)})
    if request.method == "POST":
        _require_keeper(request)
    form = PersonForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            Event.objects.append(actor=request.user, action="edit_person", **form.save_checked())
        messages.success(request, _("Saved: %(name)s.") % {"name": person.full_name})
        return redirect("agencies:person_detail", pk=person.pk)
    return _show(request, pk, form=form)


def _roles(person: Person):
    return person.roles.select_related("agency", "granted_by").order_by("-valid_from", "code")


def _roles_table(person: Person) -> tuple:
    columns = [Column(_("Role"), 30), _("Agency code"), Column(_("Agency"), 40), _("From"), _("To (last day)")]
    columns += [Column(_("Granted by"), 30)]
    return columns, (
        (
            role.get_code_display(),
            role.agency.code,
            role.agency.name,
            role.valid_from,
            role.valid_to,
            role.granted_by.full_name if role.granted_by else "",
        )
        for role in _roles(person)
    )


def _show(request: HttpRequest, pk: int, *, form=None, role_form=None) -> HttpResponse:
    person = get_object_or_404(Person, pk=pk)
    context = {
        "person": person,
        "form": form or PersonForm(instance=person),
        "role_form": role_form or RoleForm(person=person, prefix="role"),
        "roles": _roles(person),
        "today": timezone.localdate(),
        "may_edit": keeps_accounts(request.user),
        "is_self": person.pk == request.user.pk,
        "breadcrumb": _breadcrumb(person.full_name),
    }
    failed = any(bound.is_bound and bound.errors for bound in (context["form"], context["role_form"]))
    return render(request, "agencies/person_detail.html", context, status=422 if failed else 200)


@require_POST
def person_active(request: HttpRequest, pk: int) -> HttpResponse:
    """Deactivate or reactivate an account, never one's own; a deactivated person is signed out with the next click."""
    _require_keeper(request)
    person = get_object_or_404(Person, pk=pk)
    if person.pk == request.user.pk:
        raise PermissionDenied
    active = request.POST.get("active") == "1"
    with transaction.atomic():
        if Person.objects.filter(pk=pk, is_active=not active).update(is_active=active) == 1:
            Event.objects.append(
                actor=request.user,
                action="activate_person" if active else "deactivate_person",
                target=person,
                before={"is_active": not active},
                after={"is_active": active},
            )
    messages.success(request, _("The account is active.") if active else _("The account is deactivated."))
    return redirect("agencies:person_detail", pk=pk)


@require_POST
def role_grant(request: HttpRequest, pk: int) -> HttpResponse:
    """Grant a dated role to somebody else."""
    _require_keeper(request)
    person = get_object_or_404(Person, pk=pk)
    if person.pk == request.user.pk:
        raise PermissionDenied
    form = RoleForm(request.POST, person=person, prefix="role")
    if not form.is_valid():
        return _show(request, pk, role_form=form)
    with transaction.atomic():
        role = form.save(commit=False)
        role.granted_by = request.user
        role.save()
        Event.objects.append(actor=request.user, action="grant_role", target=role, after=_kept(role))
    messages.success(request, _("The role is granted."))
    return redirect("agencies:person_detail", pk=pk)


def _kept(role: Role) -> dict:
    """What the trail keeps of a role."""
    return {
        "person": role.person.username,
        "role": role.code,
        "agency": role.agency.code,
        "valid_from": role.valid_from,
        "valid_to": role.valid_to,
    }


@require_POST
def role_revoke(request: HttpRequest, pk: int, role: int) -> HttpResponse:
    """End a role at once: yesterday was its last day. One never held for a whole day goes."""
    _require_keeper(request)
    if pk == request.user.pk:
        raise PermissionDenied
    with transaction.atomic():
        held = get_object_or_404(
            Role.objects.select_for_update(of=["self"]).select_related("person", "agency"), pk=role, person=pk
        )
        before = _kept(held)
        last_day = last_day_of_revoked(held, timezone.localdate())
        if held.valid_to is None or held.valid_to >= timezone.localdate():
            if last_day:
                held.valid_to = last_day
                held.save(update_fields=["valid_to"])
            Event.objects.append(
                actor=request.user,
                action="revoke_role",
                target=held,
                before=before,
                after=_kept(held) if last_day else None,
            )
            if not last_day:
                held.delete()
    messages.success(request, _("The role is revoked."))
    return redirect("agencies:person_detail", pk=pk)
