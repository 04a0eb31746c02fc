"""Pages of the mails that the portal wrote to the person."""

from django.urls import path

from records import views

app_name = "records"
urlpatterns = [
    path("messages/", views.message_list, name="message_list"),
    path("messages/read/", views.message_read_all, name="message_read_all"),
    path("messages/<int:pk>/", views.message_detail, name="message_detail"),
]
