"""Photos and evidence are fetched through the rights of what they belong to, never by path."""

from uuid import UUID

from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from inspections.models import CapturedPhoto, Evidence, Finding, Photo, Recommendation
from inspections.views.handling import hand_out


def refuse_withdrawn(pk: UUID) -> None:
    """A withdrawn picture is handed out to nobody, whatever else it belongs to. Raises Http404."""
    shown = Q(picture_id=pk) | Q(thumbnail_id=pk)
    photos = Photo.objects.filter(shown | Q(marked_id=pk))
    captured = CapturedPhoto.objects.filter(shown | Q(shots__marked_id=pk))
    if any(rows.exclude(withdrawn_at=None).exists() for rows in (photos, captured)):
        raise Http404


@require_safe
def photo(request: HttpRequest, pk: UUID) -> FileResponse:
    """A photo or its thumbnail, by the key of the stored file."""
    refuse_withdrawn(pk)
    findings = Finding.objects.visible_to(request.user)
    # Not get(): the picture of a merged finding stands with those it was merged from as well.
    rows = Photo.objects.standing().select_related("picture", "thumbnail").filter(finding__in=findings)
    found = rows.filter(Q(picture_id=pk) | Q(thumbnail_id=pk)).first()
    if found is None:
        raise Http404
    return hand_out(found.picture if found.picture_id == pk else found.thumbnail)


@require_safe
def evidence(request: HttpRequest, pk: UUID) -> FileResponse:
    """What was attached to a remedy, always as a download."""
    recommendations = Recommendation.objects.visible_to(request.user)
    found = get_object_or_404(
        Evidence.objects.standing().select_related("file"), file_id=pk, remedy__recommendation__in=recommendations
    )
    return hand_out(found.file, attachment=True)
