"""The WSGI application that every server of this project runs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accreditation.settings")
application = get_wsgi_application()
