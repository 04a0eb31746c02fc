"""Pages of the agency forest, of people and roles, and of the administration."""

from django.urls import path

from agencies.views import administration, codes, forest, imports, people, successions, tokens, trail

app_name = "agencies"
urlpatterns = [
    path("agencies/", forest.agency_list, name="agency_list"),
    path("agencies/new/", forest.agency_new, name="agency_new"),
    path("agencies/<str:code>/edit/", forest.agency_edit, name="agency_edit"),
    path("agencies/<str:code>/codes/new/", codes.code_new, name="code_new"),
    path("agencies/<str:code>/codes/<int:pk>/", codes.code_edit, name="code_edit"),
    path("agencies/<str:code>/children/", forest.agency_children, name="agency_children"),
    path("admin/", administration.administration, name="administration"),
    path("admin/successions/", successions.succession_list, name="succession_list"),
    path("admin/successions/new/", successions.succession_new, name="succession_new"),
    path("admin/successions/<int:pk>/edit/", successions.succession_edit, name="succession_edit"),
    path("admin/people/", people.person_list, name="person_list"),
    path("admin/people/new/", people.person_new, name="person_new"),
    path("admin/people/<int:pk>/", people.person_detail, name="person_detail"),
    path("admin/people/<int:pk>/active/", people.person_active, name="person_active"),
    path("admin/people/<int:pk>/roles/", people.role_grant, name="role_grant"),
    path("admin/people/<int:pk>/roles/<int:role>/revoke/", people.role_revoke, name="role_revoke"),
    path("admin/tokens/", tokens.token_list, name="token_list"),
    path("admin/tokens/<int:pk>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("admin/trail/", trail.trail, name="trail"),
    path("admin/import/", administration.import_menu, name="import_menu"),
    path("admin/import/agencies/", imports.import_agencies, name="import_agencies"),
    path("admin/import/successions/", imports.import_successions, name="import_successions"),
]
