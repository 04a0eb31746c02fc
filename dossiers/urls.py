"""Pages of the quarterly returns: list, detail, entry, review, extensions."""

from django.urls import path

from dossiers.views import (
    actions,
    adjusting,
    adjustments,
    bulk,
    consolidating,
    extensions,
    grid,
    grid_context,
    grid_saving,
    jobs,
    registers,
    returns,
    review,
    workbooks,
)

app_name = "dossiers"
urlpatterns = [
    path("returns/", returns.return_list, name="return_list"),
    path("returns/open/", actions.return_open, name="return_open"),
    path("returns/<int:pk>/", returns.return_detail, name="return_detail"),
    path("returns/<int:pk>/grid/", grid.grid, name="grid"),
    path("returns/<int:pk>/lines/", grid_saving.save_lines, name="save_lines"),
    path("returns/<int:pk>/context/", grid_context.line_context, name="line_context"),
    path("returns/<int:pk>/workbook/", workbooks.return_workbook, name="return_workbook"),
    path("returns/<int:pk>/import/", workbooks.return_import, name="return_import"),
    path("returns/<int:pk>/form/", workbooks.return_form, name="return_form"),
    path("returns/<int:pk>/adjust/", adjusting.adjustment_new, name="adjustment_new"),
    path("returns/<int:pk>/<slug:action>/", actions.return_action, name="return_action"),
    path("adjustments/<int:pk>/", adjustments.adjustment_detail, name="adjustment_detail"),
    path("adjustments/<int:pk>/<slug:action>/", adjustments.adjustment_action, name="adjustment_action"),
    path("review/", review.review, name="review"),
    path("review/accept/", bulk.accept_clean, name="accept_clean"),
    path("review/consolidate/", consolidating.consolidation_new, name="consolidation_new"),
    path("review/consolidate/<uuid:pk>/", consolidating.consolidation_detail, name="consolidation_detail"),
    path("extensions/new/", extensions.extension_new, name="extension_new"),
    path("periods/", registers.period_list, name="period_list"),
    path("periods/new/", registers.period_new, name="period_new"),
    path("periods/generate/", registers.period_generate, name="period_generate"),
    path("periods/<int:pk>/", registers.period_edit, name="period_edit"),
    path("admin/late-reasons/", registers.late_reason_list, name="late_reason_list"),
    path("admin/late-reasons/new/", registers.late_reason_new, name="late_reason_new"),
    path("admin/late-reasons/<int:pk>/", registers.late_reason_edit, name="late_reason_edit"),
    path("admin/jobs/", jobs.job_list, name="job_list"),
    path("admin/jobs/<slug:of>/<str:pk>/retry/", jobs.job_retry, name="job_retry"),
]
