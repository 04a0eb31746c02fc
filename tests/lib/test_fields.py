"""Text fields that store NFC and the keys computed beside them."""

import unicodedata

import pytest
from django.db import connection, models
from django.test.utils import isolate_apps

from cchc_portal.lib.fields import NfcCharField, NfcTextField, SearchKeyField, SortKeyField, search_q


@pytest.fixture
def place(transactional_db):
    with isolate_apps("records"):

        class Place(models.Model):  # noqa: DJ008 - lives for one test
            code = NfcCharField(max_length=20)
            name = NfcCharField(max_length=6)
            note = NfcTextField(blank=True)
            sort_key = SortKeyField(source="name")
            search_key = SearchKeyField(sources=("code", "name"))

            class Meta:
                app_label = "records"
                db_table = "test_place"

        with connection.schema_editor() as editor:
            editor.create_model(Place)
        yield Place
        with connection.schema_editor() as editor:
            editor.delete_model(Place)


def test_text_is_stored_composed_and_shown_as_stored(place):
    saved = place(code="A\x00", name=unicodedata.normalize("NFD", "Sở Y"), note="a\r\nb")
    saved.save()
    assert (saved.code, saved.name, saved.note) == ("A", "Sở Y", "a\nb")
    saved.refresh_from_db()
    assert (saved.code, saved.name, saved.note) == ("A", "Sở Y", "a\nb")
    assert place.objects.filter(name=unicodedata.normalize("NFD", "Sở Y")).exists()


def test_keys_are_computed_by_save_and_bulk_create(place):
    names = ["Đa", "Da", "Ăn", "An", "Ân"]
    place.objects.bulk_create(place(code="x", name=name) for name in names)
    assert list(place.objects.order_by("sort_key").values_list("name", flat=True)) == ["An", "Ăn", "Ân", "Da", "Đa"]
    first = place.objects.get(name="Da")
    first.name = "Ba"
    first.save()
    assert place.objects.filter(search_q("X ba")).get() == first
    assert not place.objects.filter(search_q("da x 100%")).exists()
    assert place.objects.filter(search_q("")).count() == 5


def test_a_form_measures_composed_text(place):
    field = place._meta.get_field("name").formfield()
    assert field.clean(unicodedata.normalize("NFD", "Sở Tế")) == "Sở Tế"


def test_migrations_keep_what_matters():
    for field, kept in (
        (SortKeyField(source="title"), {"source": "title"}),
        (SortKeyField(db_index=False), {"source": "name", "db_index": False}),
        (SearchKeyField(sources=["code"]), {"sources": ("code",)}),
    ):
        path, args, kwargs = field.deconstruct()[1:]
        assert path.startswith("cchc_portal.lib.fields.")
        assert (args, kwargs) == ([], kept)
        assert type(field)(**kwargs).deconstruct()[3] == kept
        assert not field.editable
