"""Pages that read: overview, agency profile, claims, documents."""

from django.urls import path

from reports.views import agency, claims, overview

app_name = "reports"
urlpatterns = [
    path("overview/", overview.overview, name="overview"),
    path("agencies/<str:code>/", agency.agency_profile, name="agency_profile"),
    path("claims/", claims.claim_list, name="claim_list"),
]
