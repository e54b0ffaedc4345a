"""Addresses of the app."""

from django.urls import URLPattern, path

from assessments.views import attempts, exams, handing_in, practicals, recordings, reviews, statistics, uploads

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
    path("attempts/<uuid:attempt_id>/state", attempts.state, name="attempt-state"),
    path("attempts/<uuid:attempt_id>/break", attempts.own_break, name="attempt-break"),
    path("attempts/<uuid:attempt_id>/break/end", attempts.go_on, name="attempt-break-end"),
    path("attempts/signed-in-again", attempts.signed_in_again, name="signed-in-again"),
    path("attempts/<uuid:attempt_id>/hand-in/", handing_in.hand_in, name="attempt-hand-in"),
    path("attempts/<uuid:attempt_id>/submit", handing_in.submit, name="attempt-submit"),
    path("attempts/<uuid:attempt_id>/result/", handing_in.result, name="attempt-result"),
    path("practicals/<slug:slug>/", practicals.practical, name="practical"),
    path("practicals/<slug:slug>/open", practicals.open_try, name="practical-open"),
    path("submissions/<uuid:submission_id>/", practicals.submission, name="submission"),
    path("submissions/<uuid:submission_id>/notes", practicals.notes, name="submission-notes"),
    path("submissions/<uuid:submission_id>/hand-in", practicals.hand_in_try, name="submission-hand-in"),
    path("submissions/<uuid:submission_id>/withdraw", practicals.withdraw, name="submission-withdraw"),
    path("admin/statistics/", statistics.index, name="statistics"),
    path("admin/statistics/<slug:slug>/", statistics.exam, name="statistics-exam"),
    path("admin/statistics/<slug:slug>/compute", statistics.compute, name="statistics-compute"),
    path("admin/statistics/<slug:slug>/questions/<int:version_id>/", statistics.item, name="statistics-item"),
    path("admin/grading/", reviews.queue, name="grading"),
    path("admin/grading/claim", reviews.claim, name="grading-claim"),
    path("admin/grading/<uuid:task_id>/", reviews.desk, name="desk"),
    path("admin/grading/<uuid:task_id>/draft", reviews.draft, name="desk-draft"),
    path("admin/grading/<uuid:task_id>/comments", reviews.comment, name="desk-comment"),
    path(
        "admin/grading/<uuid:task_id>/comments/<uuid:comment_id>/remove",
        reviews.comment_removal,
        name="desk-comment-remove",
    ),
    path("admin/grading/<uuid:task_id>/heartbeat", reviews.heartbeat, name="desk-heartbeat"),
    path("admin/grading/<uuid:task_id>/send", reviews.send, name="desk-send"),
    path("admin/grading/<uuid:task_id>/give-back", reviews.give_back, name="desk-give-back"),
    path("admin/grading/<uuid:task_id>/resume", reviews.resume, name="desk-resume"),
]
