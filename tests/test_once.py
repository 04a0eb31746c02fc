"""Rows that may stand once, with an open value too: both databases refuse the second one."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from agencies.models import OfficialCode, Succession
from dossiers.models import Explanation
from procedures.models import AgencyProcedure, OnlineLevel
from tests.dossiers.returns import sound_return

DAY = date(2026, 1, 1)


@pytest.fixture
def rows(cast, period_q, procedures_khcn):
    """By model: what makes a row, with the nullable column's name, an open and another value of it."""
    item = sound_return(cast, period_q)
    procedure = procedures_khcn[0]
    closed = {"predecessor": cast.ngv, "effective_date": DAY, "kind": "dissolved"}
    return {
        Succession: (closed, "successor", cast.nv),
        OfficialCode: ({"agency": cast.nv, "code": "H26.1"}, "valid_from", DAY),
        Explanation: ({"of": item, "identity": "R4", "text": "Vì sao"}, "line", item.lines.first()),
        AgencyProcedure: ({"agency": cast.nv, "procedure": procedure}, "valid_from", DAY),
        OnlineLevel: ({"procedure": procedure, "scale": "four_level", "value": "3"}, "valid_from", DAY),
    }


@pytest.mark.parametrize("model", [Succession, OfficialCode, Explanation, AgencyProcedure, OnlineLevel])
def test_a_second_one_is_refused_by_form_and_database(rows, model):
    values, nullable, other = rows[model]
    for value in (None, other):
        model.objects.create(**values, **{nullable: value})
        again = model(**values, **{nullable: value})
        with pytest.raises(ValidationError):
            again.validate_constraints()
        with pytest.raises(IntegrityError), transaction.atomic():
            again.save()
    assert model.objects.filter(**values).count() == 2
