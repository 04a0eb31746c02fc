"""Pages of the quarterly returns: list, detail, entry, review, extensions."""

from django.urls import path

from dossiers.views import actions, extensions, grid, returns, review

app_name = "dossiers"
urlpatterns = [
    path("returns/", returns.return_list, name="return_list"),
    path("returns/open/", actions.return_open, name="return_open"),
    path("returns/<int:pk>/", returns.return_detail, name="return_detail"),
    path("returns/<int:pk>/grid/", grid.grid, name="grid"),
    path("returns/<int:pk>/lines/", grid.save_lines, name="save_lines"),
    path("returns/<int:pk>/<slug:action>/", actions.return_action, name="return_action"),
    path("review/", review.review, name="review"),
    path("extensions/new/", extensions.extension_new, name="extension_new"),
]
