"""Tags and filters that every template may use: counts, rates, dates and state badges as the portal prints them."""

from datetime import datetime
from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from cchc_portal.lib.filters import filter_fields
from cchc_portal.lib.kept import fixed, kept
from cchc_portal.lib.numbers import NONE_PRINTED, format_count

register = template.Library()

# State code → (tone of the badge, icon). The label stands beside the icon, so a state is never told by colour alone.
STATES = {
    "draft": ("neutral", "pencil"),
    "planned": ("neutral", "calendar"),
    "not_due": ("neutral", "calendar"),
    "not_started": ("neutral", "circle"),
    "queued": ("neutral", "clock"),
    "recorded": ("info", "pencil"),
    "proposed": ("info", "arrow"),
    "prepared": ("info", "calendar"),
    "submitted": ("info", "arrow"),
    "issued": ("info", "arrow"),
    "forwarded": ("info", "arrow"),
    "released": ("info", "arrow"),
    "open": ("info", "circle"),
    "final": ("info", "check"),
    "signed": ("info", "check"),
    "approved": ("progress", "check"),
    "reported": ("progress", "check"),
    "answered": ("progress", "check"),
    "running": ("progress", "clock"),
    "under_way": ("progress", "clock"),
    "in_progress": ("progress", "clock"),
    "upheld": ("progress", "arrow"),
    "amended": ("progress", "pencil"),
    "accepted": ("good", "double-check"),
    "concluded": ("good", "check"),
    "closed_implemented": ("good", "double-check"),
    "done": ("good", "check"),
    "explained": ("good", "check"),
    "corrected": ("good", "double-check"),
    "ignored": ("neutral", "clock"),
    "cleared": ("neutral", "check"),
    "ready": ("good", "check"),
    "published": ("good", "check"),
    "sent_back": ("warning", "return"),
    "returned": ("warning", "return"),
    "disputed": ("warning", "return"),
    "due_soon": ("warning", "clock"),
    "stale": ("warning", "clock"),
    "provisional": ("warning", "clock"),
    "warning": ("warning", "alert"),
    "overdue": ("bad", "alert"),
    "missing": ("bad", "alert"),
    "failed": ("bad", "alert"),
    "refused": ("bad", "cross"),
    "closed_not_implemented": ("bad", "cross"),
    "closed": ("neutral", "lock"),
    "locked": ("neutral", "lock"),
    "void": ("neutral", "cross"),
    "withdrawn": ("neutral", "cross"),
    "cancelled": ("neutral", "cross"),
}
UNKNOWN_STATE = ("neutral", "circle")


@register.filter
def count(value):
    """A count as printed: 5.441; blank "–"; not applicable "KAD"."""
    return format_count(value)


@register.filter(name="rate")
def rate_text(value):
    """A Rate as plain text, for places without markup; "–" for None."""
    return value.printed if value is not None else NONE_PRINTED


def _inline(template_name, context):
    """The rendered (and escaped) template without the line end that would print as a space inside a sentence."""
    return mark_safe(render_to_string(template_name, context).strip())


@register.simple_tag
def rate(value):
    """A Rate with what it rests on, shown on hover and focus; "–" with the reason where it has no value."""
    return _rate(value, get_language())


@lru_cache(maxsize=2000)
def _rate(value, language: str):
    """A rate is its counts and its formula, and what it is printed as follows from them and the language."""
    return _inline("includes/_rate.html", {"rate": value})


@register.simple_tag(name="kept")
def kept_tag(template_name, rows):
    """A template over plain values of rows, kept for these values: `{% kept "app/_rows.html" rows %}`."""
    return kept(template_name, rows)


# A piece that its values and the language decide, put together once: `{% fixed "app/_piece.html" name=value %}`.
register.simple_tag(fixed)


@register.simple_tag(name="static")
@lru_cache(maxsize=500)
def static_tag(path):
    """As Django's tag of that name; a file's address stays the same as long as the process runs."""
    return static(path)


@register.simple_tag(name="filter_fields")
def filter_fields_tag(filter_set):
    """The fields of a filter bar."""
    return filter_fields(filter_set)


def _local(value):
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value


@register.filter
def vndate(value):
    """A date or instant as dd/mm/yyyy, in the local time zone; "–" for none."""
    return f"{_local(value):%d/%m/%Y}" if value else NONE_PRINTED


@register.filter
def vndatetime(value):
    """An instant as "10:32 22/11/2026", in the local time zone; "–" for none."""
    return f"{_local(value):%H:%M %d/%m/%Y}" if value else NONE_PRINTED


@register.simple_tag
@lru_cache(maxsize=200)
def icon(name):
    """An icon of `static/img/icons.svg`; put together once for each name, because every page shows a dozen."""
    return _inline("includes/_icon.html", {"name": name})


@lru_cache(maxsize=1000)
def _badge(state: str, label: str, tone: str, icon: str):
    """A badge is what these four say, and a list prints the same few of them on every row."""
    return _inline("includes/_state_badge.html", {"state": state, "label": label, "tone": tone, "icon": icon})


@register.simple_tag
def state_badge(state, label=None):
    """Icon, label and tone of a state: `{% state_badge thing %}` or `{% state_badge code label %}`."""
    if hasattr(state, "get_state_display"):
        state, label = state.state, label or state.get_state_display()
    tone, icon = STATES.get(str(state), UNKNOWN_STATE)
    return _badge(str(state), str(label or getattr(state, "label", state)), tone, icon)
