"""Settings of `manage.py bench`: as in production, on a database of its own, with the bare views and figures in headers.

Without DATABASE_URL the bench runs an own cluster with normal durability; with it, a database `<name>_bench` there.
Workers and gunicorn inherit what is set here, so it may be read any number of times.
"""

import os
from urllib.parse import quote

from accreditation import embedded

SUFFIX = "_bench"
BENCH_OWNS_POSTGRES = not os.environ.get("DATABASE_URL")
if BENCH_OWNS_POSTGRES:
    os.environ["DATABASE_URL"] = (
        f"postgres://postgres@{quote(str(embedded.postgres_socket('pgbench')), safe='')}/accreditation"
    )
if not os.environ["DATABASE_URL"].partition("?")[0].endswith(SUFFIX):
    address, mark, options = os.environ["DATABASE_URL"].partition("?")
    os.environ["DATABASE_URL"] = f"{address}{SUFFIX}{mark}{options}"
os.environ.update(
    SECRET_KEY="only-for-the-bench-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOP",
    ISSUER_SECRET="only-for-the-bench-issuer-secret-0123456789",
    SITE_URL="http://localhost:8000",
    ALLOWED_HOSTS="localhost,127.0.0.1",
    DEBUG="false",
    REQUIRE_MFA="true",
    EMAIL_URL="memorymail://",
    STATIC_ROOT=str(embedded.LOCAL / "bench-static"),
    RECORDINGS_ROOT=str(embedded.LOCAL / "bench-recordings"),
)

from accreditation.settings import *  # noqa: E402, F403
from accreditation.settings import CACHES, MIDDLEWARE  # noqa: E402

BENCH_VALKEY = embedded.valkey_socket("valkey-bench")
BROKER_URL = CELERY_BROKER_URL = f"redis+socket://{quote(str(BENCH_VALKEY))}"
CACHES["default"]["LOCATION"] = f"unix://{quote(str(BENCH_VALKEY))}?db=1"
MIDDLEWARE = ["accreditation.testing.bench_views.figures", "accreditation.testing.bench_views.bare_views", *MIDDLEWARE]
