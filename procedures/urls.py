"""Pages of the register of procedures, of fields and of the holiday table."""

from django.urls import path

from procedures.views import fields, holidays, imports, parts, register, stated

app_name = "procedures"
urlpatterns = [
    path("procedures/", register.procedure_list, name="procedure_list"),
    path("procedures/new/", register.procedure_new, name="procedure_new"),
    path("procedures/stated-levels/", stated.stated_level_list, name="stated_level_list"),
    path("procedures/stated-levels/new/", stated.stated_level_new, name="stated_level_new"),
    path("procedures/stated-levels/<int:pk>/", stated.stated_level_edit, name="stated_level_edit"),
    path("procedures/<str:code>/", register.procedure_detail, name="procedure_detail"),
    path("procedures/<str:code>/edit/", register.procedure_edit, name="procedure_edit"),
    path("procedures/<str:code>/<slug:part>/new/", parts.part_new, name="part_new"),
    path("procedures/<str:code>/<slug:part>/<int:pk>/", parts.part_edit, name="part_edit"),
    path("admin/fields/", fields.field_list, name="field_list"),
    path("admin/fields/new/", fields.field_new, name="field_new"),
    path("admin/fields/<int:pk>/", fields.field_edit, name="field_edit"),
    path("admin/holidays/", holidays.holiday_list, name="holiday_list"),
    path("admin/holidays/new/", holidays.holiday_new, name="holiday_new"),
    path("admin/holidays/<int:pk>/", holidays.holiday_edit, name="holiday_edit"),
    path("admin/holidays/<int:pk>/remove/", holidays.holiday_remove, name="holiday_remove"),
    path("admin/import/procedures/", imports.import_procedures, name="import_procedures"),
]
