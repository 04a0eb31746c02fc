"""Filters that every list shares: the tone-blind search box, choices of rows, the sort order kept in the URL."""

import django_filters
from django import forms
from django.db.models import F
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from cchc_portal.lib.fields import search_q
from cchc_portal.lib.kept import kept


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


class RowSelect(forms.Select):
    """A choice among rows of a register, of which there may be a thousand: printed from two columns of each.

    `label` is the column that `str()` of a row shows. The rows are asked for every time; the list made of them is
    kept, and is made anew as soon as a row is another.
    """

    def __init__(self, label: str, attrs=None):
        super().__init__(attrs)
        self.label = label

    @cached_property
    def options(self) -> list[tuple[str, str]]:
        """What may be chosen, as printed; asked for once a page."""
        field = self.choices.field
        empty = [("", str(field.empty_label))] if field.empty_label is not None else []
        return [*empty, *self.choices.queryset.values_list(field.to_field_name or "pk", self.label)]

    def take(self, rows) -> None:
        """What may be chosen has been read already: value and label of each row."""
        empty = self.choices.field.empty_label
        self.options = [*([("", str(empty))] if empty is not None else []), *rows]

    def render(self, name, value, attrs=None, renderer=None):
        listed = kept("includes/_options.html", self.options)
        chosen = escape(getattr(value, self.choices.field.to_field_name or "pk", value) or "")
        context = {
            "name": name,
            "attrs": self.build_attrs(self.attrs, attrs),
            "options": mark_safe(listed.replace(f'value="{chosen}">', f'value="{chosen}" selected>', 1)),
        }
        return render_to_string("includes/_select.html", context)


def filter_fields(filter_set) -> str:
    """The fields of a filter bar. They are kept as long as the URL says the same and the same can be chosen."""
    form, told, context = filter_set.form, [type(filter_set).__qualname__], {"form": filter_set.form}
    for name, field in form.fields.items():
        if isinstance(field.widget, RowSelect):
            told.append(field.widget.options)
        elif isinstance(field, forms.ModelChoiceField):
            return render_to_string("includes/_filter_fields.html", context)
        elif isinstance(field, forms.ChoiceField):
            told.append(list(field.choices))
        told.append((name, form.data.getlist(name) if hasattr(form.data, "getlist") else form.data.get(name)))
    return kept("includes/_filter_fields.html", told, context)


class RowFilter(django_filters.ModelChoiceFilter):
    """A choice among rows; `label_column` names what is shown of each."""

    def __init__(self, *args, label_column: str, **kwargs):
        super().__init__(*args, widget=RowSelect(label_column), **kwargs)
