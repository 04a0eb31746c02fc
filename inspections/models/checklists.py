"""Checklists: templates that are never edited, only followed by a newer version, and what a visit took from them."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.models import Person
from cchc_portal.lib.fields import NfcCharField, NfcTextField
from cchc_portal.lib.numbers import NONE_PRINTED, format_rate
from dossiers.choices import FIGURE_LABELS
from dossiers.models import Period
from inspections.choices import ItemKind, Needed, Result, SampleMethod
from inspections.models.findings import Area
from inspections.models.visits import Visit

MILLION = 1_000_000


class TemplateQuerySet(models.QuerySet):
    def newest(self) -> "TemplateQuerySet":
        """The latest version of each template; a template whose latest version is out of use stands too."""
        newer = self.model.objects.filter(code=models.OuterRef("code"), number__gt=models.OuterRef("number"))
        return self.filter(~models.Exists(newer))

    def offered(self) -> "TemplateQuerySet":
        """What a visit may take today."""
        return self.newest().filter(in_use=True)


class Template(models.Model):
    """One version of a checklist. Its items are never changed once stored: another wording is another version."""

    code = models.SlugField(_("code"), max_length=40)
    number = models.PositiveSmallIntegerField(_("version"), default=1)
    name = NfcCharField(_("name"), max_length=200)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="templates", verbose_name=_("area"))
    basis = NfcTextField(_("what it rests on"), blank=True, default="")
    change = NfcTextField(_("what is new in this version"), blank=True, default="")
    desk = models.BooleanField(_("for the one-stop desk"), default=False)
    in_use = models.BooleanField(_("in use"), default=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    objects = TemplateQuerySet.as_manager()

    class Meta:
        ordering = ["order", "code", "-number"]
        verbose_name = _("checklist")
        constraints = [models.UniqueConstraint(fields=["code", "number"], name="template_version_once")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("inspections:checklist_template", args=[self.pk])


class ItemFacts(models.Model):
    """What an item says and asks for, in a template and on a visit alike."""

    section = NfcCharField(_("section"), max_length=200, blank=True, default="")
    text = NfcTextField(_("item"))
    kind = models.CharField(_("answer"), max_length=10, choices=ItemKind, default=ItemKind.RESULT)
    legal_basis = NfcCharField(_("legal basis"), max_length=300, blank=True, default="")
    note_needed = models.CharField(_("note needed"), max_length=10, choices=Needed, default=Needed.NEVER)
    photo_needed = models.CharField(_("photo needed"), max_length=10, choices=Needed, default=Needed.NEVER)
    points = models.PositiveSmallIntegerField(_("points"), null=True, blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True


FACTS = ("section", "text", "kind", "legal_basis", "note_needed", "photo_needed", "points", "order")


class TemplateItem(ItemFacts):
    """One line of a checklist. A conforming answer earns its points, one that conforms in part half of them."""

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="items")
    code = models.SlugField(_("code"), max_length=20)

    class Meta:
        ordering = ["template", "order", "pk"]
        constraints = [models.UniqueConstraint(fields=["template", "code"], name="template_item_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.text[:60]}"


class VisitItem(ItemFacts):
    """A line of a visit's checklist: frozen from a template when the visit is prepared, or added on site."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="items")
    template = models.ForeignKey(Template, on_delete=models.PROTECT, null=True, blank=True, related_name="taken")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", verbose_name=_("area"))
    code = models.SlugField(_("code"), max_length=40)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["visit", "order", "pk"]
        constraints = [models.UniqueConstraint(fields=["visit", "code"], name="visit_item_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.text[:60]}"

    @property
    def added(self) -> bool:
        """Added on site, in no template."""
        return self.template_id is None


class Answer(models.Model):
    """What the team found on one line. Read from the operations that stand (see `Operation`), never typed here.

    Where two values stand beside each other the answer is disputed: neither is shown as the answer until somebody
    decides.
    """

    item = models.OneToOneField(VisitItem, on_delete=models.CASCADE, related_name="answer")
    result = models.CharField(_("result"), max_length=16, choices=Result, blank=True, default="")
    number = models.PositiveBigIntegerField(_("number"), null=True, blank=True)
    note = NfcTextField(_("note"), blank=True, default="")
    result_disputed = models.BooleanField(default=False)
    note_disputed = models.BooleanField(default=False)
    photos = models.PositiveSmallIntegerField(default=0)
    answered_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["item"]
        constraints = [
            models.CheckConstraint(condition=Q(result="") | Q(result__in=Result.values), name="answer_known")
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.result or self.number}"

    @property
    def is_disputed(self) -> bool:
        return self.result_disputed or self.note_disputed

    @property
    def is_given(self) -> bool:
        """Somebody looked: a result other than "not checked", or a number, on which the team agrees."""
        if self.result_disputed:
            return False
        return self.number is not None or self.result not in ("", Result.NOT_CHECKED)


class Recount(models.Model):
    """A sample of the dossiers reported under one figure, counted again by the team (see `rules.recounting`)."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="recounts")
    period = models.ForeignKey(
        Period, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("period")
    )
    figure = models.CharField(_("figure"), max_length=40)
    reported = models.PositiveIntegerField(_("dossiers of the sample reported under it"))
    counted = models.PositiveIntegerField(_("of these, found to be so"))
    population = models.PositiveIntegerField(_("dossiers reported in all"), null=True, blank=True)
    method = models.CharField(_("how the sample was taken"), max_length=10)
    note = NfcTextField(_("note"), blank=True, default="")
    low = models.PositiveIntegerField(null=True)  # bounds of the interval in millionths
    high = models.PositiveIntegerField(null=True)
    is_disputed = models.BooleanField(default=False)
    counted_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    counted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["visit", "figure"]
        verbose_name = _("recount")
        constraints = [
            models.UniqueConstraint(fields=["visit", "period", "figure"], name="recount_once_a_period"),
            models.UniqueConstraint(
                fields=["visit", "figure"], condition=Q(period__isnull=True), name="recount_once_a_figure"
            ),
            models.CheckConstraint(condition=Q(reported__gt=0), name="recount_of_something"),
            models.CheckConstraint(condition=Q(low__isnull=True) | Q(low__lte=F("high")), name="recount_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.figure} {self.counted}/{self.reported}"

    @property
    def figure_label(self) -> str:
        return str(FIGURE_LABELS.get(self.figure, self.figure))

    @property
    def method_label(self) -> str:
        return str(SampleMethod(self.method).label)

    @property
    def factor_text(self) -> str:
        """counted ÷ reported as printed; above 1 as a number with two decimals, since it is no share."""
        if self.counted <= self.reported:
            return format_rate(self.counted, self.reported)
        hundredths = (self.counted * 200 + self.reported) // (2 * self.reported)
        return f"{hundredths // 100},{hundredths % 100:02d}"

    @property
    def interval_text(self) -> str:
        """The 95 % interval as printed; "–" where the sample allows none."""
        if self.low is None or self.high is None:
            return NONE_PRINTED
        return f"{format_rate(self.low, MILLION)} – {format_rate(self.high, MILLION)}"
