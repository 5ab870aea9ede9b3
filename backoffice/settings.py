"""Settings of Houtai: one file, read from the environment, safe for production by default.

A file `.env` beside manage.py is read first (`make install` writes one for development);
variables of the environment win over it. Without DEBUG the start stops with a sentence when
SECRET_KEY, ALLOWED_HOSTS or DATABASE_URL is missing.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import pgtrigger
import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
ENV_FILE = Path(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))
if ENV_FILE.is_file():
    env.read_env(ENV_FILE)

DEBUG = env.bool("DEBUG", default=False)


def required(name: str, hint: str) -> str:
    """Return the variable `name`, or stop the start with a sentence that says what to do."""
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. {hint} For development, run `make install` (it writes .env) or set DEBUG=on."
        )
    return value


if DEBUG:
    SECRET_KEY = env.str("SECRET_KEY", default="development-only-not-a-secret-0123456789abcdefghijklmnopqr")
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"])
    DATABASE_URL = env.str("DATABASE_URL", default="embedded:")
else:
    SECRET_KEY = required("SECRET_KEY", "Give it 50 random characters and keep it secret.")
    ALLOWED_HOSTS = required("ALLOWED_HOSTS", "Name the hosts that serve Houtai, separated by commas.").split(",")
    DATABASE_URL = required("DATABASE_URL", "Give it a PostgreSQL 15+ address: postgres://user:password@host/name.")
# Where links in mails lead.
SITE_URL = env.str("SITE_URL", default="http://localhost:8000" if DEBUG else f"https://{ALLOWED_HOSTS[0]}").rstrip("/")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- Applications -------------------------------------------------------------------------------

INSTALLED_APPS = [
    "backoffice.apps.BackofficeConfig",
    "catalog",
    "inventory",
    "customers",
    "orders",
    "backoffice.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_filters",
    "import_export",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "backoffice.health.probes",
    "backoffice.health.measure",
    "backoffice.middleware.request_id",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "backoffice.middleware.session_activity",
    "backoffice.middleware.preferences",
    "backoffice.middleware.storable_address",
    "backoffice.middleware.second_factor",
    "backoffice.middleware.history_context",
]

ROOT_URLCONF = "backoffice.urls"
WSGI_APPLICATION = "backoffice.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
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
                "backoffice.context_processors.shell",
            ],
            "builtins": ["backoffice.templatetags.houtai", "django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]

# --- Database -----------------------------------------------------------------------------------

EMBEDDED_POSTGRES_DIR = Path(env.str("EMBEDDED_POSTGRES_DIR", default=str(BASE_DIR / ".data" / "postgres")))
EMBEDDED_POSTGRES_OPTIONS = env.dict("EMBEDDED_POSTGRES_OPTIONS", default={})
if DATABASE_URL.startswith("embedded:"):
    DATABASES: dict[str, dict[str, Any]] = {"default": {"ENGINE": "backoffice.embedded_postgres", "NAME": "houtai"}}
else:
    DATABASES = {"default": env.db_url_config(DATABASE_URL)}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=8)
if DATABASE_POOL_SIZE:
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 10}

# Rate limits of the sign-in count in the database, the same for every process.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "backoffice_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "local"},
}

# --- Sign-in ------------------------------------------------------------------------------------

AUTH_USER_MODEL = "backoffice.User"
AUTHENTICATION_BACKENDS = ["backoffice.permissions.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "backoffice.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
}
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
MFA_ADAPTER = "backoffice.accounts.MFAAdapter"
# An invitation by mail has proven the address already.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Houtai"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG
USERSESSIONS_TRACK_ACTIVITY = True
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_ADAPTER = "backoffice.accounts.SocialAccountAdapter"
SOCIALACCOUNT_PROVIDERS = (
    {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "company",
                    "name": env.str("OIDC_NAME", default="Company sign-in"),
                    "client_id": env.str("OIDC_CLIENT_ID"),
                    "secret": env.str("OIDC_CLIENT_SECRET"),
                    "settings": {"server_url": env.str("OIDC_SERVER_URL")},
                }
            ]
        }
    }
    if env.str("OIDC_CLIENT_ID", default="")
    else {}
)
# Signing in there starts with a form of ours that is redirected to the company's server.
OIDC_ORIGINS = (
    [f"{_oidc.scheme}://{_oidc.netloc}" for _oidc in [urlsplit(env.str("OIDC_SERVER_URL"))]]
    if SOCIALACCOUNT_PROVIDERS
    else []
)
INVITATION_DAYS = 7
PREVIEW_DAYS = env.int("PREVIEW_DAYS", default=7)  # how long a link to a page that is not public yet works
API_RATE = env.str("API_RATE", default="600/m")
FEED_RATE = env.int("FEED_RATE", default=6000)  # requests of one address a minute to what is public in the API

# --- Security -----------------------------------------------------------------------------------

HTTPS = env.bool("HTTPS", default=not DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# How many proxies append to X-Forwarded-For; rate limits and session lists read the address in front of them.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=1 if BEHIND_PROXY else 0)
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF, *OIDC_ORIGINS],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# --- Language, time, money ----------------------------------------------------------------------

LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True
FORMAT_MODULE_PATH = ["backoffice.formats"]
FILTERS_EMPTY_CHOICE_LABEL = _("Any")
USE_THOUSAND_SEPARATOR = True
DEFAULT_CURRENCY = env.str("DEFAULT_CURRENCY", default="EUR")
# A placed order is late when it was not shipped within so many working days; in BUSINESS_COUNTRY ("DE") public holidays are none.
SHIP_WITHIN_DAYS = env.int("SHIP_WITHIN_DAYS", default=2)
# Customers are asked how satisfied they are so many hours after their ticket was solved; the link works for SURVEY_DAYS, and an answer
# can be changed for SURVEY_CHANGE_DAYS.
SURVEY_AFTER_HOURS = env.int("SURVEY_AFTER_HOURS", default=24)
SURVEY_DAYS = env.int("SURVEY_DAYS", default=30)
SURVEY_CHANGE_DAYS = env.int("SURVEY_CHANGE_DAYS", default=7)
BUSINESS_COUNTRY = env.str("BUSINESS_COUNTRY", default="")

# An answer may be taken back for so many seconds before it is mailed.
UNDO_SEND_SECONDS = env.int("UNDO_SEND_SECONDS", default=15)
# What the customer writes opens a solved ticket again for so many days; it is closed for good after so many.
REOPEN_WITHIN_DAYS = env.int("REOPEN_WITHIN_DAYS", default=14)
CLOSE_SOLVED_AFTER_DAYS = env.int("CLOSE_SOLVED_AFTER_DAYS", default=14)

# Off in a shop of one person: who submits content publishes it, and the review says that it was waived.
REVIEW_REQUIRED = env.bool("REVIEW_REQUIRED", default=True)
DEFAULT_PHONE_REGION = env.str("DEFAULT_PHONE_REGION", default="DE")
COMPANY_NAME = env.str("COMPANY_NAME", default="Houtai Trading")
COMPANY_ADDRESS = env.str("COMPANY_ADDRESS", default="")
COMPANY_TAX_NUMBER = env.str("COMPANY_TAX_NUMBER", default="")
# What documents are printed on unless the page says otherwise: "a4" or "letter".
PAPER = env.str("PAPER", default="a4", choices=("a4", "letter"))

# --- Files --------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / ".data" / "media")))
MEDIA_URL = "/media/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "backoffice.storage.StaticStorage"
    },
}
REAL_DATA_DIR = Path(env.str("REAL_DATA_DIR", default=str(BASE_DIR.parent / "shared" / "data")))

# --- Mail ---------------------------------------------------------------------------------------

if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = BASE_DIR / ".data" / "mail"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="support@houtai.example")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- History, jobs ------------------------------------------------------------------------------

PGHISTORY_LEVEL = pgtrigger.Statement
PGHISTORY_APPEND_ONLY = True
PGTRIGGER_MIGRATIONS = True
PROCRASTINATE_IMPORT_PATHS = [
    "backoffice.imports.jobs",
    "backoffice.exports.jobs",
    "backoffice.webhooks.jobs",
    "backoffice.approvals.jobs",
    "backoffice.bulk_edit.actions",
]
PROCRASTINATE_ON_APP_READY = "backoffice.tasks.watch_every_task"
WORKER_HEARTBEAT_LIMIT = timedelta(minutes=3)
IMPORT_FOREGROUND_ROWS = env.int("IMPORT_FOREGROUND_ROWS", default=2000)
# Of how many rows of a run the page can tell what became of each; refused rows come first.
IMPORT_KEPT_ROWS = env.int("IMPORT_KEPT_ROWS", default=100_000)
IMPORT_UNPACKED_LIMIT = env.int("IMPORT_UNPACKED_LIMIT", default=4 * 1024**3)  # bytes that a packed file may unpack to
# Larger exports are made by the worker; rows that Python computes count five times, those of workbooks twenty times.
EXPORT_FOREGROUND_ROWS = env.int("EXPORT_FOREGROUND_ROWS", default=1_000_000)
EXPORT_TIMEOUT = timedelta(seconds=env.int("EXPORT_TIMEOUT_SECONDS", default=3600))
EXPORT_KEEP = timedelta(days=env.int("EXPORT_KEEP_DAYS", default=7))
EXPORT_MAIL_BYTES = env.int("EXPORT_MAIL_BYTES", default=5 * 1024 * 1024)
# Where scheduled exports may leave files; without a folder nobody is offered this.
EXPORT_DIR = Path(env.str("EXPORT_DIR")) if env.str("EXPORT_DIR", default="") else None
UNDO_SEND_SECONDS = 15
# Whether webhooks may go to the own network, and without encryption: for trying out, or a shop front beside this.
WEBHOOK_PRIVATE_ADDRESSES = env.bool("WEBHOOK_PRIVATE_ADDRESSES", default=DEBUG)

# --- Logs ---------------------------------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
_log_processors: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer(),
            "foreign_pre_chain": [*_log_processors, structlog.processors.format_exc_info],
        },
        "text": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.dev.ConsoleRenderer(),
            "foreign_pre_chain": _log_processors,
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "text" if DEBUG else "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "procrastinate": {"level": "WARNING"},
    },
}
structlog.configure(
    processors=[*_log_processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)

ADMIN_NAME = _("Set-up")
