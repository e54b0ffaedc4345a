"""The one settings file. Every variable it reads is explained in `docs/operations.md`."""

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import environ
from celery.schedules import schedule
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from accreditation import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
EMBEDDED = embedded.is_embedded()
LOCAL = embedded.read_env() if EMBEDDED else {}


def switch(name: str, *, default: bool) -> bool:
    """A variable that is true or false; anything else refuses to start, because a typing error may open a door."""
    value = env.str(name, default="").strip().lower()
    if value in ("", *env.BOOLEAN_TRUE_STRINGS, "false", "off", "no", "n", "0"):
        return value in env.BOOLEAN_TRUE_STRINGS if value else default
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def number(name: str, *, default: int) -> int:
    """A variable that is a whole number, 0 or more."""
    value = env.str(name, default="").strip() or str(default)
    if value.isascii() and value.isdigit():
        return int(value)
    raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.")


DEBUG = switch("DEBUG", default=EMBEDDED)
if DEBUG and not EMBEDDED:
    raise ImproperlyConfigured("DEBUG works only in embedded mode (DATABASE_URL unset).")


def required(name: str, *, embedded_default: str) -> str:
    """A variable that production must set; embedded mode takes it from `.local/env` or makes one for this process."""
    value = env.str(name, default="") or LOCAL.get(name, "")
    if value:
        return value
    if EMBEDDED:
        return embedded_default
    raise ImproperlyConfigured(f"{name} is not set. Set it in the environment; docs/operations.md says what it is.")


# Secrets and addresses
SECRET_KEY = required("SECRET_KEY", embedded_default=secrets.token_urlsafe(48))
ISSUER_SECRET = required("ISSUER_SECRET", embedded_default=secrets.token_urlsafe(48))
PORT = number("PORT", default=int(LOCAL.get("PORT", "8000")))
SITE_URL = required("SITE_URL", embedded_default=f"http://localhost:{PORT}").rstrip("/")
if not SITE_URL.startswith(("http://", "https://")):
    raise ImproperlyConfigured(f"SITE_URL must begin with http:// or https://, and {SITE_URL!r} doesn't.")
SITE_HOST = urlsplit(SITE_URL).hostname or "localhost"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if EMBEDDED else [SITE_HOST])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[SITE_URL])
SECURE = SITE_URL.startswith("https://")
ORGANISATION_NAME = env.str("ORGANISATION_NAME", default="Example Company")
# Packages of strangers run on another origin; with a * each has its own.
CONTENT_ORIGIN = env.str("CONTENT_ORIGIN", default=f"http://*.content.localhost:{PORT}" if EMBEDDED else "").rstrip("/")
if CONTENT_ORIGIN and (
    not CONTENT_ORIGIN.startswith("https://" if SECURE else ("http://", "https://"))
    or urlsplit(CONTENT_ORIGIN).path
    or urlsplit(CONTENT_ORIGIN).netloc.lower() in (urlsplit(SITE_URL).netloc.lower(), "*", "")
):
    raise ImproperlyConfigured(
        "CONTENT_ORIGIN must be another origin than SITE_URL, e.g. https://*.content.example.com."
    )
DIRECTORY_INDEXED = env.bool("DIRECTORY_INDEXED", default=False)
TERMS_URL = env.str("TERMS_URL", default="") or f"{SITE_URL}/issuer/applications/#terms"
PRIVACY_URL = env.str("PRIVACY_URL", default="") or f"{SITE_URL}/issuer/applications/#privacy"

# Applications
INSTALLED_APPS = [
    "accreditation.apps.AccreditationConfig",
    "assessments.apps.AssessmentsConfig",
    "badges.apps.BadgesConfig",
    "courses.apps.CoursesConfig",
    "accreditation.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "simple_history",
    "heroicons",
    "csp",
]
MIDDLEWARE = [
    "accreditation.middleware.content_host",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accreditation.middleware.request_id",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "accreditation.middleware.no_null_characters",
    "accreditation.middleware.own_not_found",
    "accreditation.middleware.private_pages",
    "accreditation.middleware.time_zone",
    "accreditation.middleware.language",
    "accreditation.middleware.PolicyMiddleware",
    "accreditation.middleware.refusals",
]
ROOT_URLCONF = "accreditation.urls"
WSGI_APPLICATION = "accreditation.wsgi.application"
AUTH_USER_MODEL = "accreditation.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "accreditation.context.portal",
            ],
            "builtins": [
                "courses.templatetags.icons",
                "courses.templatetags.text",
                "courses.templatetags.styles",
                "django.templatetags.static",
            ],
        },
    }
]

# Data


def database() -> dict[str, Any]:
    """The database: DATABASE_URL, or the socket of the embedded cluster."""
    if EMBEDDED:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "accreditation",
            "USER": "postgres",
            "HOST": str(embedded.postgres_socket()),
        }
    if not env.str("DATABASE_URL").startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured("DATABASE_URL is no address of a PostgreSQL: postgres://user:password@host/name")
    named = env.db_url("DATABASE_URL")
    return named | {"HOST": unquote(named["HOST"])}


DATABASES = {"default": database() | {"CONN_MAX_AGE": number("CONN_MAX_AGE", default=60), "CONN_HEALTH_CHECKS": True}}
# What is prepared (courses/lib/prepared.py) is planned once too: those statements look single rows up by their keys.
# Two letters that changed places in a short word leave less than half of it alike (courses/rules/search.py).
DATABASES["default"].setdefault("OPTIONS", {}).setdefault(
    "options", "-c plan_cache_mode=force_generic_plan -c pg_trgm.word_similarity_threshold=0.42"
)
if test_database := env.str("TEST_DATABASE_NAME", default=""):
    DATABASES["default"]["TEST"] = {"NAME": test_database}
REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://")):
    raise ImproperlyConfigured("REDIS_URL is no address of a Redis: redis://host:6379/0")
BROKER_URL = REDIS_URL or f"redis+socket://{quote(str(embedded.valkey_socket()))}"
CACHE_URL = REDIS_URL or f"unix://{quote(str(embedded.valkey_socket()))}?db=1"
CACHES = {
    "default": {
        "BACKEND": "accreditation.caches.PatientRedisCache",
        "LOCATION": CACHE_URL,
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 1.0},
        "KEY_PREFIX": "accreditation",
    }
}
if env.str("CACHE_URL", default=""):
    CACHES["default"] = env.cache_url("CACHE_URL")
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = number("SESSION_HOURS", default=12) * 3600

# Files
FILE_SCANNER = env.str("FILE_SCANNER", default="")
WHISPER_MODEL_DIR = env.str("WHISPER_MODEL_DIR", default="")
MEDIA_STORAGE_ROOT = Path(env.str("RECORDINGS_ROOT", default=str(embedded.LOCAL / "recordings")))
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(MEDIA_STORAGE_ROOT / "files")},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if not switch("STATIC_MANIFEST", default=not DEBUG):
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
X_ACCEL_PREFIX = env.str("X_ACCEL_PREFIX", default="")
STORAGE_URL = env.str("STORAGE_URL", default="")
if STORAGE_URL:
    from courses.lib.buckets import bucket_storage, origin_of

    STORAGES["recordings"] = bucket_storage(STORAGE_URL)
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(embedded.LOCAL / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DISK_RESERVE_PERCENT = number("DISK_RESERVE_PERCENT", default=5 if EMBEDDED else 15)
DISK_ALARM_PERCENT = number("DISK_ALARM_PERCENT", default=10 if EMBEDDED else 25)
DISK_RESERVE_GIB = number("DISK_RESERVE_GIB", default=2 if EMBEDDED else 50)

# Language and time
LANGUAGE_CODE = "en"
SPOKEN = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "ja": "日本語"}
OFFERED = env.list("OFFERED_LANGUAGES", default=[LANGUAGE_CODE])
LANGUAGES = [(code, name) for code, name in SPOKEN.items() if code == LANGUAGE_CODE or code in OFFERED]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["accreditation.formats"]

# People
AUTHENTICATION_BACKENDS = ["accreditation.backends.PersonBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accreditation.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accreditation.forms.SignupForm"
ACCOUNT_FORMS = {
    "change_password": "accreditation.account_forms.ChangePasswordForm",
    "set_password": "accreditation.account_forms.SetPasswordForm",
    "reset_password_from_key": "accreditation.account_forms.NewPasswordForm",
}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a changed password or address is told to its owner
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE else "http"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
REQUIRE_MFA = switch("REQUIRE_MFA", default=not EMBEDDED)

# Mail
EMAIL_FILE_PATH = str(embedded.LOCAL / "mail")
if EMBEDDED and not env.str("EMAIL_URL", default=""):
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
else:
    vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"accreditation@{SITE_HOST}")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Requests to other machines: nothing leaves until a use is named (courses/lib/outbound.py)
OUTBOUND_USES = env.list("OUTBOUND_USES", default=[])
OUTBOUND_PORTS = env.list("OUTBOUND_PORTS", default=["443"])
if not all(one.isascii() and one.isdigit() for one in OUTBOUND_PORTS):
    raise ImproperlyConfigured("OUTBOUND_PORTS must be whole numbers with commas between.")
OUTBOUND_LOCAL = env.list("OUTBOUND_LOCAL", default=[])
LINK_CHECKS_A_MINUTE = number("LINK_CHECKS_A_MINUTE", default=4)

# Background work
CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 3600
CELERY_TASK_DEFAULT_QUEUE = "periodic"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 0.5, "socket_timeout": 30, "visibility_timeout": 7200}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ROUTES = {
    "assessments.tasks.check_recording": {"queue": "media"},
    "assessments.tasks.work_on_enrichment": {"queue": "media_slow"},
    "assessments.tasks.work_on_ruling_clip": {"queue": "media_slow"},
    "assessments.tasks.carry_out_purge": {"queue": "media_slow"},
    "assessments.tasks.compute_statistics": {"queue": "media_slow"},
    "assessments.tasks.compute_review_statistics": {"queue": "media_slow"},
    "assessments.tasks.compute_forecast": {"queue": "media_slow"},
    "assessments.tasks.work_on_question_import": {"queue": "media_slow"},
    "accreditation.tasks.deliver_*": {"queue": "notices"},
    "accreditation.tasks.read_people": {"queue": "standing"},
    "accreditation.tasks.work_on_deed": {"queue": "standing"},
    "accreditation.tasks.reassess_*": {"queue": "standing"},
    "accreditation.tasks.issue_*": {"queue": "standing"},
    "badges.tasks.*": {"queue": "standing"},
}


def every(task: str, seconds: int, queue: str = "periodic") -> dict[str, Any]:
    """One line of the beat schedule; a run that waited longer than its period is dropped, the next one does its work."""
    return {"task": task, "schedule": schedule(seconds), "options": {"expires": seconds, "queue": queue}}


CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "close overdue attempts": every("assessments.tasks.close_overdue_attempts", 15),
    "count exposures": every("assessments.tasks.count_exposures", 3600),
    "sweep regrades": every("assessments.tasks.sweep_regrades", 60),
    "sweep question imports": every("assessments.tasks.sweep_question_imports", 60),
    "sweep recordings": every("assessments.tasks.sweep_recordings", 60),
    "sweep enrichments": every("assessments.tasks.sweep_enrichments", 60),
    "sweep clips of rulings": every("assessments.tasks.sweep_ruling_clips", 60),
    "sweep what is past its time": every("assessments.tasks.sweep_retention", 3600, "media_slow"),
    "move finished files": every("assessments.tasks.move_finished_files", 300, "media_slow"),
    "sweep the review queue": every("assessments.tasks.sweep_review_queue", 60),
    "learn where further readings pay": every("assessments.tasks.learn_from_marks", 3600),
    "watch promised dates": every("assessments.tasks.watch_promises", 3600),
    "sweep statistics": every("assessments.tasks.sweep_statistics", 60),
    "statistics of the night": every("assessments.tasks.ask_for_nightly_statistics", 3600),
    "standings": every("accreditation.tasks.sweep_standings", 60, "standing"),
    "awards": every("accreditation.tasks.sweep_awards", 60, "standing"),
    "awards to sign anew": every("badges.tasks.sweep_reissues", 60, "standing"),
    "keys of the issuer": every("badges.tasks.ensure_signing_keys", 60, "standing"),
    "notices": every("accreditation.tasks.sweep_notices", 60, "notices"),
    "figures of the first page": every("accreditation.tasks.sweep_figures", 60),
    "reports by mail": every("accreditation.tasks.sweep_reports", 60, "notices"),
    "chat channels": every("accreditation.tasks.sweep_channels", 60, "notices"),
    "applications": every("accreditation.tasks.sweep_applications", 3600),
    "what can be found": every("accreditation.tasks.sweep_search", 86_400),
    "words of old remarks": every("accreditation.tasks.sweep_feedback", 86_400),
    "bulk work": every("accreditation.tasks.sweep_bulk_work", 60, "standing"),
    "links": every("accreditation.tasks.sweep_links", 60),
    "reminders": every("accreditation.tasks.sweep_reminders", 3600, "notices"),
}

# The browser
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
if STORAGE_URL:
    for directive in ("media-src", "img-src"):
        CONTENT_SECURITY_POLICY["DIRECTIVES"][directive].append(origin_of(STORAGE_URL))
EMBED_HOSTS = env.list("EMBED_HOSTS", default=["www.youtube-nocookie.com", "player.vimeo.com"])
CONTENT_SECURITY_POLICY["DIRECTIVES"]["frame-src"] = [f"https://{host}" for host in EMBED_HOSTS] or [NONE]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
if SECURE:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_SSL_REDIRECT = switch("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
if switch("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
TRUSTED_PROXIES = ALLAUTH_TRUSTED_PROXY_COUNT = number("TRUSTED_PROXIES", default=0)
CSRF_FAILURE_VIEW = "accreditation.views.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True

# Logs
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
    # At its debug level the OAuth library writes tokens as it gives them out.
    "loggers": {"authlib": {"level": "WARNING"}},
}
