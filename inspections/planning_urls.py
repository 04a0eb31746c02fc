"""Pages of what precedes a visit: plans, coverage, teams, briefs, self-check reports."""

from django.urls import path

from inspections.views import brief, coverage, plan_units, plans, self_checks, teams

urlpatterns = [
    path("plans/", plans.plan_list, name="plan_list"),
    path("plans/new/", plans.plan_new, name="plan_new"),
    path("plans/coverage/", coverage.coverage_page, name="plan_coverage"),
    path("plans/own/<int:year>/", coverage.own_plans, name="own_plans"),
    path("plans/<int:pk>/", plans.plan_detail, name="plan_detail"),
    path("plans/<int:pk>/edit/", plans.plan_edit, name="plan_edit"),
    path("plans/<int:pk>/units/new/", plan_units.units_new, name="plan_units_new"),
    path("plans/<int:pk>/units/<int:unit>/", plan_units.unit_edit, name="plan_unit"),
    path("plans/<int:pk>/documents/", plans.ask_plan, name="ask_plan"),
    path("plans/<int:pk>/<slug:action>/", plans.plan_action, name="plan_action"),
    path("teams/", teams.team_list, name="team_list"),
    path("teams/new/", teams.team_new, name="team_new"),
    path("teams/<int:pk>/", teams.team_detail, name="team_detail"),
    path("teams/<int:pk>/edit/", teams.team_edit, name="team_edit"),
    path("teams/<int:pk>/documents/<slug:sort>/", teams.ask_team_paper, name="ask_team_paper"),
    path("teams/<int:pk>/<slug:action>/", teams.team_action, name="team_action"),
    path("visits/<int:pk>/brief/", brief.make_brief, name="make_brief"),
    path("visits/<int:pk>/self-check/", self_checks.self_check_new, name="self_check_new"),
    path("briefs/<int:pk>/", brief.brief, name="brief"),
    path("self-checks/files/<uuid:pk>/", self_checks.self_check_file, name="self_check_file"),
    path("self-checks/<int:pk>/", self_checks.self_check, name="self_check"),
    path("self-checks/<int:pk>/<slug:action>/", self_checks.self_check_action, name="self_check_action"),
]
