"""Addresses of the portal; everything not named here as public asks for a sign-in."""

from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from agencies.views import sign_in
from cchc_portal import api, views
from reports.views import home

handler400 = "cchc_portal.views.bad_request"

urlpatterns = [
    path("", home.home, name="home"),
    path("search/", home.search, name="search"),
    path("login/", login_not_required(sign_in.SignIn.as_view()), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("language/", require_POST(set_language), name="set_language"),
    path("healthz", views.healthz, name="healthz"),
    path("api/v1/", api.urls),
    path("api/v1", api.unknown),
    path("", include("records.urls")),
    path("", include("agencies.urls")),
    path("", include("procedures.urls")),
    path("", include("dossiers.urls")),
    path("", include("inspections.urls")),
    path("", include("reports.urls")),
]
