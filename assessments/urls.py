"""Addresses of the app."""

from django.urls import URLPattern, path

from assessments.views import recordings, uploads

app_name = "assessments"
urlpatterns: list[URLPattern] = [
    path("recordings/uploads/", uploads.uploads, name="uploads"),
    path("recordings/uploads/<uuid:upload_id>", uploads.upload, name="upload"),
    path("recordings/<uuid:recording_id>/media", recordings.media, name="recording-media"),
    path("recordings/<uuid:recording_id>/poster", recordings.poster, name="recording-poster"),
    path("recordings/<uuid:recording_id>/status", recordings.status, name="recording-status"),
]
