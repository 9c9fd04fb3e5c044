"""Settings of one city's server; whatever differs between cities comes from the environment."""

import os
from pathlib import Path

from shiyu.common.connection import databases
from shiyu.common.cookies import called
from shiyu.common.home import home, secret
from shiyu.people.identity import providers
from shiyu.people.identity import read as read_identity

ROOT = Path(__file__).resolve().parents[2]
HOME = home()

SECRET_KEY = secret("django")
DEBUG = os.environ.get("SHIYU_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("SHIYU_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("SHIYU_ORIGINS", "").split(",") if o]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "template_partials",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "procrastinate.contrib.django",
    "shiyu.common",
    "shiyu.journal",
    "shiyu.people",
    "shiyu.places",
    "shiyu.calendars",
    "shiyu.files",
    "shiyu.notices",
    "shiyu.catalogue",
    "shiyu.cases",
    "shiyu.facts",
    "shiyu.privacy",
    "shiyu.history",
    "shiyu.desk",
    "shiyu.portal",
    "shiyu.live",
    "shiyu.api",
    "shiyu.site",
]

MIDDLEWARE = [
    "shiyu.site.middleware.Headers",
    "shiyu.site.health.Health",
    "shiyu.site.trails.Trails",
    "shiyu.site.overload.Overload",
    "shiyu.site.door.Door",
    "shiyu.site.middleware.Unavailable",
    "shiyu.site.front.FrontEnd",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "shiyu.site.middleware.CityTime",
    "shiyu.people.middleware.SignIn",
    "shiyu.site.middleware.Refusals",
]

ROOT_URLCONF = "shiyu.site.urls"
CSRF_FAILURE_VIEW = "shiyu.site.errors.csrf_failure"
WSGI_APPLICATION = "shiyu.site.wsgi.application"

TEMPLATE_PLACES = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "shiyu" / "site" / "templates"],  # before those of packages
        "OPTIONS": {
            "loaders": [
                ("template_partials.loader.Loader", [("shiyu.site.quick.Loader", TEMPLATE_PLACES)])
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shiyu.site.context.page",
            ],
        },
    }
]

FORM_RENDERER = "shiyu.site.rendering.Forms"

DATABASES = databases()
DATABASE_ROUTERS: list[str] = []

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "shiyu.site.passwords.CityWords"},
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")]
LOCALE_PATHS = [ROOT / "shiyu" / "site" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "shiyu" / "site" / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False  # our scripts and styles are for our own pages
WHITENOISE_IMMUTABLE_FILE_TEST = r"/built/parts/.+-[\w-]{8}\.\w+$"  # named after their content
MEDIA_ROOT = HOME / "files"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True  # forms bear the token themselves
MESSAGE_STORAGE = "shiyu.site.messages.Messages"
SESSION_ENGINE = "shiyu.common.sessions"
SECURE_HTTPS = os.environ.get("SHIYU_HTTPS") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_HTTPS
SESSION_COOKIE_NAME = called("sessionid", https=SECURE_HTTPS)
CSRF_COOKIE_NAME = called("csrftoken", https=SECURE_HTTPS)
LANGUAGE_COOKIE_NAME = called("django_language", https=SECURE_HTTPS)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_HTTPS else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_HANDLERS = [
    "shiyu.files.uploads.SizeLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LIVE_URL = os.environ.get("SHIYU_LIVE_URL", "")  # the live feed's own address, no path
CITY_KEPT_S = float(os.environ.get("SHIYU_CITY_KEPT_S", "10"))

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {"()": "shiyu.site.logs.Lines"},
        "json": {"()": "shiyu.site.logs.Json"},
    },
    "filters": {"outage": {"()": "shiyu.site.logs.NotAnOutage"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json" if os.environ.get("SHIYU_LOG_FORM") == "json" else "lines",
            "filters": ["outage"],
        }
    },
    "root": {"handlers": ["console"], "level": os.environ.get("SHIYU_LOG", "WARNING")},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.request": {"level": "ERROR"},
        "psycopg.pool": {"level": "ERROR"},
        "procrastinate": {"level": "WARNING"},  # shiyu.jobs tells how each job ended
        "_granian": {"handlers": [], "propagate": True},  # else it quotes what went wrong
    },
}

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/desk/"
LOGOUT_REDIRECT_URL = "account_login"
SESSION_COOKIE_AGE = 12 * 60 * 60
IDLE_LIMIT_S = int(os.environ.get("SHIYU_IDLE_MINUTES", "60")) * 60
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("SHIYU_PROXIES", "0"))
ACCOUNT_ADAPTER = "shiyu.people.sign_in.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_RATE_LIMITS = False  # counted in the database: shiyu.people.limits
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGIN_TIMEOUT = 10 * 60
ACCOUNT_FORMS = {
    "login": "shiyu.people.forms.SignInForm",
    "change_password": "shiyu.people.forms.ChangePasswordForm",
    "reauthenticate": "shiyu.people.forms.AskPasswordForm",
}
MFA_ADAPTER = "shiyu.people.sign_in.CodeAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "authenticate": "shiyu.people.forms.CodeForm",
    "reauthenticate": "shiyu.people.forms.AskCodeForm",
    "activate_totp": "shiyu.people.forms.EnrolForm",
    "add_webauthn": "shiyu.people.forms.PasskeyForm",
    "edit_webauthn": "shiyu.people.forms.NamePasskeyForm",
}

IDENTITY = read_identity()  # the city's identity service, from SHIYU_HOME/identity.json
SOCIALACCOUNT_PROVIDERS = providers(IDENTITY)
SOCIALACCOUNT_ADAPTER = "shiyu.people.linking.IdentityAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_STORE_TOKENS = False
