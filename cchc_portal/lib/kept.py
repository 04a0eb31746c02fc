"""Markup kept under the very values it was made of: there is nothing to invalidate, other values are another key."""

import hashlib
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

import cchc_portal

KEPT_FOR = 3_600


def kept(template: str, values: Any, context: dict | None = None) -> SafeString:
    """The template rendered with `context` (by default {"rows": values}), made once for these values and language.

    `values` say by their repr all that the context holds: text, numbers, days, and lists and tuples of them.
    """
    context = {"rows": values} if context is None else context
    if settings.DEBUG:  # a template that is being written is shown as it is now
        return mark_safe(render_to_string(template, context))
    told = repr((template, get_language(), cchc_portal.__version__, values))
    key = "kept:" + hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()
    found = cache.get(key)
    if found is None:
        found = str(render_to_string(template, context))
        cache.set(key, found, KEPT_FOR)
    return mark_safe(found)
