"""Filters that every list shares: the tone-blind search box and the sort order kept in the URL."""

import django_filters
from django import forms
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from cchc_portal.lib.fields import search_q


class SearchFilter(django_filters.CharFilter):
    """Searches a key column made by SearchKeyField; knows the usual abbreviations."""

    def filter(self, qs, value):
        return qs.filter(search_q(value, self.field_name)) if value else qs


class SortFilter(django_filters.CharFilter):
    """`sort=name` or `sort=-name`; unknown names are ignored, so that an old link still opens its list."""

    def __init__(self, **paths):
        super().__init__(label=_("Sort by"), widget=forms.HiddenInput)
        self.paths = paths

    def filter(self, qs, value):
        path = self.paths.get(value.removeprefix("-"))
        if not path:
            return qs
        column = F(path)
        order = column.desc(nulls_last=True) if value.startswith("-") else column.asc(nulls_first=True)
        return qs.order_by(order, "pk")


def search_filter(field: str = "search_key") -> SearchFilter:
    """The one search box of a list."""
    return SearchFilter(
        field_name=field,
        label=_("Search"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
