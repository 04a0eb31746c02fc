"""Pages of supervision: visits, findings, recommendations, teams."""

from django.urls import include, path

from inspections.views import (
    capture,
    documents,
    findings,
    handing_in,
    operations,
    photos,
    recommendations,
    teams,
    visits,
)

app_name = "inspections"
urlpatterns = [
    path("", include("inspections.followup_urls")),
    path("visits/", visits.visit_list, name="visit_list"),
    path("visits/new/", visits.visit_new, name="visit_new"),
    path("visits/sw.js", capture.worker, name="capture_worker"),
    path("visits/photos/<uuid:pk>/", photos.photo, name="photo"),
    path("visits/<int:pk>/", visits.visit_detail, name="visit_detail"),
    path("visits/<int:pk>/edit/", visits.visit_edit, name="visit_edit"),
    path("visits/<int:pk>/capture/", capture.capture, name="capture"),
    path("visits/<int:pk>/capture/hand-in/", handing_in.capture_hand_in, name="capture_hand_in"),
    path("visits/<int:pk>/capture/state/", operations.capture_state, name="capture_state"),
    path("visits/<int:pk>/operations/", operations.operations, name="operations"),
    path("visits/<int:pk>/photos/<slug:sha256>/", operations.capture_photo, name="capture_photo"),
    path("visits/<int:pk>/findings/new/", findings.finding_new, name="finding_new"),
    path("visits/<int:pk>/recommendations/new/", recommendations.recommendation_new, name="recommendation_new"),
    path("visits/<int:pk>/proposals/new/", visits.proposal_new, name="proposal_new"),
    path("visits/<int:pk>/documents/<slug:which>/", documents.ask_document, name="ask_document"),
    path("visits/<int:pk>/<slug:action>/", visits.visit_action, name="visit_action"),
    path("findings/<int:pk>/", findings.finding_detail, name="finding_detail"),
    path("findings/<int:pk>/edit/", findings.finding_edit, name="finding_edit"),
    path("findings/<int:pk>/<slug:action>/", findings.finding_action, name="finding_action"),
    path("recommendations/", recommendations.recommendation_list, name="recommendation_list"),
    path("recommendations/evidence/<uuid:pk>/", photos.evidence, name="evidence"),
    path("recommendations/<int:pk>/", recommendations.recommendation_detail, name="recommendation_detail"),
    path("recommendations/<int:pk>/edit/", recommendations.recommendation_edit, name="recommendation_edit"),
    path(
        "recommendations/<int:pk>/<slug:action>/",
        recommendations.recommendation_action,
        name="recommendation_action",
    ),
    path("teams/", teams.team_list, name="team_list"),
    path("teams/new/", teams.team_new, name="team_new"),
    path("teams/<int:pk>/", teams.team_detail, name="team_detail"),
]
