"""The project's addresses, and one whose view nobody marked."""

from django.http import HttpResponse
from django.urls import path

from accreditation import urls

handler403, handler404 = urls.handler403, urls.handler404
urlpatterns = [*urls.urlpatterns, path("forgotten/", lambda request: HttpResponse("secret"))]
