"""Addresses of the ground app."""

from django.urls import path

from courses.views import learning, library, packages

app_name = "courses"
LESSON = "courses/<slug:slug>/lessons/<slug:lesson_slug>/"
urlpatterns = [
    path("library/", library.library, name="library"),
    path("library/<slug:slug>/", library.asset, name="asset"),
    path("library/<slug:slug>/file", library.asset_file, name="asset-file"),
    path("paths/<slug:slug>/", learning.path, name="path"),
    path("courses/<slug:slug>/", learning.course, name="course"),
    path("courses/<slug:slug>/rate", learning.rate, name="course-rate"),
    path(LESSON, learning.lesson, name="lesson"),
    path(f"{LESSON}done", learning.lesson_done, name="lesson-done"),
    path(f"{LESSON}feedback", learning.lesson_feedback, name="lesson-feedback"),
    path(f"{LESSON}package", packages.lesson_package, name="lesson-package"),
    path(f"{LESSON}file", learning.lesson_file, name="lesson-file"),
]
