"""A page with nothing but the upload panel, and the addresses around it, for the browser tests."""

from django.http import HttpResponse
from django.template import engines
from django.urls import include, path

from assessments.models import Submission
from assessments.rules.recordings import limits_of, places_of
from courses.lib.policy import signed_in

PAGE = """{% extends "base.html" %}{% block main %}
<textarea id="notes"></textarea>
{% include "assessments/recordings/upload.html" %}
<button class="button" data-hand-in{% if place.recording.state != "ready" %} aria-disabled="true"{% endif %}>Hand in</button>
{% endblock %}{% block scripts %}
<script type="module" src="{% static 'js/upload.js' %}" nonce="{{ request.csp_nonce }}"></script>{% endblock %}"""


@signed_in
def page(request):
    submission = Submission.objects.visible_to(request.user).get()
    context = {
        "submission": submission,
        "place": places_of(submission)[0],
        "limits": limits_of(submission.practical),
    }
    return HttpResponse(engines["django"].from_string(PAGE).render(context, request))


urlpatterns = [path("upload-page/", page), path("", include("accreditation.urls"))]
