"""Photos and evidence are fetched through the rights of what they belong to, never by path."""

from uuid import UUID

from django.db.models import Q
from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from inspections.models import Evidence, Finding, Photo, Recommendation
from inspections.views.handling import hand_out


@require_safe
def photo(request: HttpRequest, pk: UUID) -> FileResponse:
    """A photo or its thumbnail, by the key of the stored file."""
    findings = Finding.objects.visible_to(request.user)
    found = get_object_or_404(
        Photo.objects.standing().select_related("picture", "thumbnail"),
        Q(picture_id=pk) | Q(thumbnail_id=pk),
        finding__in=findings,
    )
    return hand_out(found.picture if found.picture_id == pk else found.thumbnail)


@require_safe
def evidence(request: HttpRequest, pk: UUID) -> FileResponse:
    """What was attached to a remedy, always as a download."""
    recommendations = Recommendation.objects.visible_to(request.user)
    found = get_object_or_404(
        Evidence.objects.standing().select_related("file"), file_id=pk, remedy__recommendation__in=recommendations
    )
    return hand_out(found.file, attachment=True)
