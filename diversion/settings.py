"""One settings file, driven by the environment. Defaults are safe for production; DEMO=1 runs on a bare machine."""

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from diversion import env

BASE_DIR = Path(__file__).resolve().parent.parent

# --- what the environment says -------------------------------------------------------------------------------
DEMO = env.flag("DEMO")
DEBUG = False
VAR = env.folder("DIVERSION_VAR", BASE_DIR / "var")
# Made when the first seal is: a store that is not there must not stop the pages.
AUDIT_HEADS = env.text("AUDIT_HEADS", "") or VAR / "audit-heads"
SECRET_KEY = env.secret("SECRET_KEY", made_in=VAR if DEMO else None)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]" if DEMO else "")
REDIS_URL = env.text("REDIS_URL", "")

# --- application ---------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "participants.apps.ParticipantsConfig",
    "diversion.apps.DiversionConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
MIDDLEWARE = [
    "participants.access.headers.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "participants.web.charset.CharsetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "participants.access.locking.LockMiddleware",
    "participants.staff.enrolment.EnrolmentMiddleware",
    # Last: it runs the view and its rendering inside the track.
    "participants.access.middleware.TrackMiddleware",
]
ROOT_URLCONF = "diversion.urls"
WSGI_APPLICATION = "diversion.wsgi.application"
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
                "participants.access.context.place",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


# --- databases: the restricted role serves, the owner migrates and backs up ----------------------------------
def _database(url: str) -> dict:
    database = dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)
    if database["ENGINE"].endswith("sqlite3"):
        database["CONN_MAX_AGE"] = 0
        database["OPTIONS"] = {
            # A deferred transaction that reads and then writes fails under load; an immediate one waits its turn.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        }
    else:
        # A cursor that outlives its transaction would be looked for on another server connection.
        database["DISABLE_SERVER_SIDE_CURSORS"] = env.flag("BEHIND_POOLER")
    return database


DATABASES = {"default": _database(env.text("DATABASE_URL", "") or f"sqlite:///{VAR / 'diversion.sqlite3'}")}
if _owner := env.text("DATABASE_OWNER_URL", ""):
    DATABASES["owner"] = _database(_owner)
    if DATABASES["owner"]["ENGINE"] != DATABASES["default"]["ENGINE"]:
        raise ImproperlyConfigured("DATABASE_URL and DATABASE_OWNER_URL must name the same kind of database.")


def _apart_from_keys() -> dict[str, Path]:
    """Where the keys must not lie: with the program, or with a database that is a file."""
    folders = {"the program": BASE_DIR}
    if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        file = Path(DATABASES["default"]["NAME"]).resolve()
        folders["the database"] = VAR if file.is_relative_to(VAR) else file.parent
    return folders


KEYS = (
    env.folder("DIVERSION_KEYS", VAR / "keys")
    if DEMO
    else env.keys_folder("DIVERSION_KEYS", apart_from=_apart_from_keys())
)
# Test databases are copied from migrations, never serialised through unscoped managers.
TEST_NON_SERIALIZED_APPS = ["participants"]

# --- people who sign in --------------------------------------------------------------------------------------
AUTH_USER_MODEL = "participants.User"
AUTHENTICATION_BACKENDS = ["participants.staff.backend.StaffBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in [
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
    ]
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "participants.staff.sign_in.StaffAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
# Accounts are made by an administrator, who knows the address; nobody signs up.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_PREVENT_ENUMERATION = True
# Failures are counted per account in the database (participants/staff/lockout.py), not per process in the cache.
ACCOUNT_RATE_LIMITS = {"login_failed": None}
ACCOUNT_FORMS = {"change_password": "participants.staff.sign_in_forms.PasswordChangeForm"}
# Every account has a second factor. Only a demonstration that answers this machine alone does without.
SECOND_FACTOR_REQUIRED = not DEMO or not set(ALLOWED_HOSTS) <= {"127.0.0.1", "localhost", "[::1]"}
MFA_ADAPTER = "participants.staff.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Pretrial diversion"
MFA_TOTP_TOLERANCE = 1  # half a minute: the clock of a phone may be so far off
MFA_FORMS = {
    "authenticate": "participants.staff.sign_in_forms.CodeForm",
    "reauthenticate": "participants.staff.sign_in_forms.CodeAgainForm",
    "activate_totp": "participants.staff.sign_in_forms.AppForm",
    "add_webauthn": "participants.staff.sign_in_forms.NewPasskeyForm",
    "authenticate_webauthn": "participants.staff.sign_in_forms.PasskeyForm",
    "reauthenticate_webauthn": "participants.staff.sign_in_forms.PasskeyAgainForm",
    "login_webauthn": "participants.staff.sign_in_forms.PasskeyLoginForm",
}
# Nothing sends mail yet.
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

# --- sessions, cookies, transport ----------------------------------------------------------------------------
# A session locks by itself (participants/access/lock.py); its row stays so long, so that typing is kept for a person
# who comes back to a locked one the next morning.
SESSION_COOKIE_AGE = 24 * 60 * 60
SESSION_ENGINE = "diversion.sessions"
# Before exports, grants and key commands the password or the second factor is asked for once more.
FRESH_SIGN_IN_REQUIRED = not DEMO
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEMO
# A browser takes a cookie with this prefix from this very host only, over TLS, for the whole site.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = ("session", "csrf") if DEMO else ("__Host-session", "__Host-csrf")
# Kept on the server and gone with the sign-out: the next person at this browser reads none of it.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = not DEMO
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
BEHIND_PROXY = env.flag("BEHIND_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0
SECURE_HSTS_SECONDS = 0 if DEMO else 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEMO
# No other site learns an address of ours. "no-referrer" would also empty the Origin by which forms are checked.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "participants.web.views.form_not_ours"
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
# What is not named (objects, frames, workers, manifests, media) falls under "default-src": nothing.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # Bootstrap draws its form icons from data addresses; an image runs nothing.
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "upgrade-insecure-requests": not DEMO,
    }
}
# What a person typed must not reach a temporary file: uploads stay in memory, and larger ones are refused.
UPLOAD_LIMIT = 10 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["participants.web.uploads.InMemoryOrRefused"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 5
# A report of a fault names its kind and place, never a value: in a log, a mail, or on a debug page.
DEFAULT_EXCEPTION_REPORTER = "diversion.faults.PlainReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "diversion.faults.ShowsNothing"

# --- words, dates, static files ------------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = env.folder("STATIC_ROOT", VAR / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_INDEX_FILE = False

# --- background work -----------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL or None
CELERY_TASK_ALWAYS_EAGER = not REDIS_URL
CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "UTC"


def _beside(url: str) -> str:
    """The Redis database next to the broker's: emptying the cache must not empty the queue."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{int(parts.path.strip('/') or 0) + 1}"))


CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _beside(REDIS_URL)}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "diversion.logging.PlainFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django": {"handlers": [], "level": "INFO", "propagate": True}},
}
