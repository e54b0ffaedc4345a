"""Addresses of the app."""

from django.urls import URLPattern, path

from assessments.views import attempts, exams, handing_in, recordings, uploads

app_name = "assessments"
urlpatterns: list[URLPattern] = [
    path("recordings/uploads/", uploads.uploads, name="uploads"),
    path("recordings/uploads/<uuid:upload_id>", uploads.upload, name="upload"),
    path("recordings/<uuid:recording_id>/media", recordings.media, name="recording-media"),
    path("recordings/<uuid:recording_id>/poster", recordings.poster, name="recording-poster"),
    path("recordings/<uuid:recording_id>/status", recordings.status, name="recording-status"),
    path("exams/<slug:slug>/", exams.exam, name="exam"),
    path("exams/<slug:slug>/start", exams.start, name="start-attempt"),
    path("attempts/<uuid:attempt_id>/", attempts.attempt, name="attempt"),
    path("attempts/<uuid:attempt_id>/responses", attempts.responses, name="attempt-responses"),
    path("attempts/<uuid:attempt_id>/continue", attempts.take_the_pen, name="attempt-continue"),
    path("attempts/<uuid:attempt_id>/hand-in/", handing_in.hand_in, name="attempt-hand-in"),
    path("attempts/<uuid:attempt_id>/submit", handing_in.submit, name="attempt-submit"),
    path("attempts/<uuid:attempt_id>/result/", handing_in.result, name="attempt-result"),
]
