"""Pages that read: overview, agency profile, claims, documents."""

from django.urls import path

from reports.views import agency, claims, documents, overview

app_name = "reports"
urlpatterns = [
    path("overview/", overview.overview, name="overview"),
    path("agencies/<str:code>/", agency.agency_profile, name="agency_profile"),
    path("claims/", claims.claim_list, name="claim_list"),
    path("documents/", documents.document_list, name="document_list"),
    path("documents/<uuid:pk>/", documents.document_detail, name="document_detail"),
    path("documents/<uuid:pk>/status/", documents.document_status, name="document_status"),
    path("documents/<uuid:pk>/download/", documents.document_download, name="document_download"),
    path("check/<str:token>/", documents.check, name="check"),
]
