"""Model fields for Vietnamese text: stored in NFC, sorted and searched through keys computed on saving."""

from django import forms
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

from cchc_portal.lib.text import clean_line, clean_text, search_key, search_terms, sort_key


class NfcFormField(forms.CharField):
    """Form side of the fields below: cleans before the length is checked, so decomposed typing is not cut short."""

    def __init__(self, *args, clean=clean_line, **kwargs):
        self.clean_characters = clean
        super().__init__(*args, **kwargs)

    def to_python(self, value):
        return super().to_python(self.clean_characters(value) if isinstance(value, str) else value)


class _NfcMixin:
    clean_characters = staticmethod(clean_line)

    def to_python(self, value):
        value = super().to_python(value)
        return self.clean_characters(value) if isinstance(value, str) else value

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return self.clean_characters(value) if isinstance(value, str) else value

    def pre_save(self, model_instance, add):
        """Clean the attribute too, so that what the page shows after saving is what was stored."""
        value = super().pre_save(model_instance, add)
        if isinstance(value, str):
            value = self.clean_characters(value)
            setattr(model_instance, self.attname, value)
        return value

    def formfield(self, **kwargs):
        if self.choices is None:
            kwargs = {"form_class": NfcFormField, "clean": self.clean_characters, **kwargs}
        return super().formfield(**kwargs)


class NfcCharField(_NfcMixin, models.CharField):
    """One line of text in NFC, without control characters."""


class NfcTextField(_NfcMixin, models.TextField):
    """Text of several lines in NFC, without control characters, line ends as LF."""

    clean_characters = staticmethod(clean_text)


class _KeyField(models.TextField):
    """A column computed from other attributes in `pre_save`, so by save() and bulk_create().

    update() and bulk_update() pass it by; save(update_fields=…) must name the key beside its source.
    """

    def __init__(self, *args, **kwargs):
        kwargs["editable"] = False
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)

    def compute(self, model_instance):
        raise NotImplementedError

    def pre_save(self, model_instance, add):
        value = self.compute(model_instance)
        setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        del kwargs["editable"]
        if kwargs.get("default") == "":
            del kwargs["default"]
        return name, path, args, kwargs


class SortKeyField(_KeyField):
    """Column to order by: puts the text of attribute `source` in Vietnamese order (see `text.sort_key`)."""

    def __init__(self, *args, source="name", **kwargs):
        self.source = source
        kwargs.setdefault("db_index", True)
        super().__init__(*args, **kwargs)

    def compute(self, model_instance):
        return sort_key(str(getattr(model_instance, self.source, None) or ""))

    def db_parameters(self, connection):
        """Collation C on PostgreSQL, whose own collation would re-order the keys; SQLite compares bytes by default."""
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        kwargs["source"] = self.source
        if kwargs.pop("db_index", False) is False:
            kwargs["db_index"] = False
        return name, path, args, kwargs


class SearchKeyField(_KeyField):
    """The texts of the attributes `sources`, folded for searching (see `text.search_key`); query it with `search_q`."""

    def __init__(self, *args, sources=("name",), **kwargs):
        self.sources = tuple(sources)
        super().__init__(*args, **kwargs)

    def compute(self, model_instance):
        texts = [str(getattr(model_instance, source, None) or "") for source in self.sources]
        return " | ".join(search_key(text) for text in texts if text)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        kwargs["sources"] = self.sources
        return name, path, args, kwargs


def search_q(query, field="search_key"):
    """Condition that the search key in `field` holds every term of `query`; a blank query matches everything."""
    condition = Q()
    for ways in search_terms(query):
        one_of = Q()
        for way in ways:
            one_of |= Q(**{f"{field}__contains": way})
        condition &= one_of
    return condition


class Among(Func):
    """Condition that a column holds one of these codes, written out in the statement.

    SQLite takes an index that has a condition only for a query that states it word for word, not by parameters.
    """

    output_field = models.BooleanField()

    def __init__(self, field, codes=(), **extra):
        self.codes = tuple(sorted(map(str, codes)))
        if not all(code.isascii() and code.replace("_", "").isalnum() for code in self.codes):
            raise ValueError("Only codes of the portal's own choices are written out.")
        super().__init__(field, **extra)

    def as_sql(self, compiler, connection, **extra):
        column, parameters = compiler.compile(self.source_expressions[0])
        codes = ", ".join(f"'{code}'" for code in self.codes)
        return f"{column} IN ({codes})", parameters


def once_with_null(*fields: str, nullable: str, name: str) -> list[models.UniqueConstraint]:
    """Constraints by which a row stands once for these fields, NULL of `nullable` being a value like any other.

    Two conditional ones, because SQLite knows no NULLS NOT DISTINCT.
    """
    told = {"violation_error_code": "unique", "violation_error_message": _("There is such an entry already.")}
    known = models.Q(**{f"{nullable}__isnull": False})
    return [
        models.UniqueConstraint(fields=[*fields, nullable], condition=known, name=name, **told),
        models.UniqueConstraint(
            fields=fields, condition=models.Q(**{f"{nullable}__isnull": True}), name=f"{name}_open", **told
        ),
    ]
