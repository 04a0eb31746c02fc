"""Pages that read: overview, agency profile, claims, documents."""

from django.urls import path

from reports.views import (
    agency,
    changes,
    claims,
    documents,
    field,
    issuing,
    overview,
    period,
    procedure,
    registers,
    series,
)

app_name = "reports"
urlpatterns = [
    path("overview/", overview.overview, name="overview"),
    path("changes/", changes.changes, name="changes"),
    path("changes/card/", changes.changes_card, name="changes_card"),
    path("changes/seen/", changes.changes_seen, name="changes_seen"),
    path("changes/brief/", changes.brief_switch, name="brief_switch"),
    path("agencies/<str:code>/", agency.agency_profile, name="agency_profile"),
    path("agencies/<str:code>/series/", series.agency_series, name="agency_series"),
    path("series/", series.comparison, name="series_comparison"),
    path("procedures/<str:code>/figures/", procedure.procedure_profile, name="procedure_profile"),
    path("fields/<int:pk>/", field.field_profile, name="field_profile"),
    path("periods/<str:label>/figures/", period.period_page, name="period_page"),
    path("claims/", claims.claim_list, name="claim_list"),
    path("claims/contradictions/", claims.contradiction_list, name="contradiction_list"),
    path("claims/new/", registers.claim_new, name="claim_new"),
    path("claims/<int:pk>/", registers.claim_edit, name="claim_edit"),
    path("claims/targets/", registers.target_list, name="target_list"),
    path("claims/targets/new/", registers.target_new, name="target_new"),
    path("claims/targets/<int:pk>/", registers.target_edit, name="target_edit"),
    path("claims/sources/", registers.source_list, name="source_list"),
    path("claims/sources/new/", registers.source_new, name="source_new"),
    path("claims/sources/<int:pk>/", registers.source_edit, name="source_edit"),
    path("documents/", documents.document_list, name="document_list"),
    path("documents/reports/new/", issuing.report_new, name="report_new"),
    path("documents/<uuid:pk>/", documents.document_detail, name="document_detail"),
    path("documents/<uuid:pk>/status/", documents.document_status, name="document_status"),
    path("documents/<uuid:pk>/download/", documents.document_download, name="document_download"),
    path("documents/<uuid:pk>/differences/", issuing.report_compare, name="report_compare"),
    path("check/<str:token>/", documents.check, name="check"),
]
