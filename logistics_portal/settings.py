"""Settings, all read from the environment (see docs/operations.md); `checks` refuse what is dangerous."""

from pathlib import Path
from urllib.parse import urlsplit

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from . import environment
from .schedules import PLANS as PORTAL_SCHEDULES  # noqa: F401 - read by the workers
from .unfold_settings import UNFOLD  # noqa: F401 - read by the admin

BASE_DIR = Path(__file__).resolve().parent.parent
PORTAL_ENV = environment.choice("PORTAL_ENV", ("development", "demo", "test", "production"), "development")
IS_PRODUCTION = PORTAL_ENV == "production"
DEBUG = environment.flag("PORTAL_DEBUG", default=False)

DATA_DIR = Path(environment.text("PORTAL_DATA_DIR", str(BASE_DIR / "var")))
CORPUS_DIR = Path(environment.text("PORTAL_CORPUS", str(BASE_DIR.parent / "shared" / "data")))
BASE_URL = environment.text("PORTAL_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
LIVE_URL = environment.text("PORTAL_LIVE_URL").rstrip("/")  # where browsers reach the streams; "" for none
SECRET_KEY = environment.secret_key(PORTAL_ENV)
SECRET_KEY_FALLBACKS = environment.words("PORTAL_SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = environment.words(
    "PORTAL_ALLOWED_HOSTS", "" if IS_PRODUCTION else "127.0.0.1,localhost,[::1],testserver"
)
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "logistics_portal.kernel",
    "merchants",
    "customers",
    "inventory",
    "orders",
    "tracking",
    "dispatch",
    "aftersales",
    "notifications",
    "insights",
    "logistics_portal",
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "phonenumber_field",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_q",
]

MIDDLEWARE = [
    "logistics_portal.middleware.CallerAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "logistics_portal.middleware.ChosenLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "logistics_portal.admin_pages.StaffPagesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "logistics_portal.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "logistics_portal.urls"
WSGI_APPLICATION = "logistics_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "logistics_portal.context.portal",
            ],
        },
    },
]

# The fallback lets commands that need no database (check, compilemessages) run without one.
DATABASES = {
    "default": environment.database(environment.text("DATABASE_URL", "postgresql://postgres@127.0.0.1/portal"))
}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "default",
        "OPTIONS": {"MAX_ENTRIES": 20_000},  # what is forgotten of a limit's share is lost to the caller
    },
    # Pages that are the same for everybody: at most some 20 MB for each process.
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pages",
        "OPTIONS": {"MAX_ENTRIES": 1000},
    },
}

Q_CLUSTER = {
    "name": "portal",
    "orm": "default",
    "workers": environment.number("PORTAL_WORKERS", 2),
    "poll": 0.2,
    "bulk": 5,
    "queue_limit": 10,
    "timeout": 120,
    "retry": 300,
    # A job is only a bell: the row that it rings for is tried again by its own lease.
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": -1,
    "catch_up": False,
    # Who waits for answers of peers has workers of its own. A kind of work may take some of them, never all: one is
    # left to show that the lane moves.
    "ALT_CLUSTERS": {"network": {"workers": environment.number("PORTAL_CALLERS", 4)}},
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/admin/"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static" if IS_PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not IS_PRODUCTION  # production serves what collectstatic gathered, with hashed names
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MEDIA_ROOT = DATA_DIR / "media"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Public pages, webhooks and uploads: what a stranger may send at most.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

HAS_HTTPS = urlsplit(BASE_URL).scheme == "https"
SECURE_SSL_REDIRECT = environment.flag("PORTAL_SSL_REDIRECT", default=IS_PRODUCTION)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if environment.flag("PORTAL_BEHIND_PROXY", False) else None
)
PROXIES = environment.proxies("PORTAL_PROXIES")
SECURE_HSTS_SECONDS = 31_536_000 if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_PRODUCTION
SECURE_HSTS_PRELOAD = IS_PRODUCTION
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HAS_HTTPS
SESSION_COOKIE_AGE = 90 * 24 * 3600  # a device stays remembered for this long
SECURE_REFERRER_POLICY = "same-origin"  # a tracking link must not travel to other sites
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF, *([f"{urlsplit(LIVE_URL).scheme}://{urlsplit(LIVE_URL).netloc}"] if LIVE_URL else [])],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["merchants.authentication.BearerKey"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "logistics_portal.kernel.api.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["merchants.authentication.KeyThrottle"],
    "DEFAULT_THROTTLE_RATES": {"key": environment.text("PORTAL_API_RATE", "1200/min")},
    "EXCEPTION_HANDLER": "logistics_portal.kernel.api.answer_problem",
    "NUM_PROXIES": 0,  # `CallerAddressMiddleware` has decided already
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Logistics Portal API",
    "VERSION": "1",
    "DESCRIPTION": "Orders, stock, shipments, returns, disputes and messages. Send `Authorization: Bearer <key>`. "
    "Writes honor `Idempotency-Key`. Errors are problem documents (RFC 9457). Treat every enumeration as open.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "OrderStatus": "orders.models.Order.Status",
        "TrackingStatus": "tracking.models.TrackingStatus",
        "ReturnStatus": "aftersales.models.Return.Status",
        "RefundStatus": "aftersales.models.Refund.Status",
        "DisputeStatus": "aftersales.models.Dispute.Status",
        "DisputeResolution": "aftersales.models.disputes.Resolution",
        "ReturnResolution": "aftersales.models.Return.Resolution",
        "ConversationStatus": "aftersales.models.Conversation.Status",
        "ReorderStatus": "orders.models.Reorder.Status",
        "MessageStatus": "notifications.models.Message.Status",
        "WebhookStatus": "notifications.models.WebhookEndpoint.Status",
        "WebhookCallOutcome": "notifications.models.WebhookCall.Outcome",
    },
}

# Twilio: with an account, SMS goes out through it; without one the demo writes to its phone page.
TWILIO_ACCOUNT_SID = environment.text("TWILIO_ACCOUNT_SID")
TWILIO_AUTH_TOKEN = environment.text("TWILIO_AUTH_TOKEN")
TWILIO_FROM = environment.text("TWILIO_FROM")  # a number in E.164, or a messaging service (MG…)
TWILIO_BASE_URL = environment.text("TWILIO_BASE_URL", "https://api.twilio.com").rstrip("/")
# By gateway; empty: the payment provider's own address.
GATEWAY_BASE_URLS = {"stripe": environment.text("STRIPE_BASE_URL")}
DEMO_INBOX = environment.flag("PORTAL_DEMO_INBOX", default=PORTAL_ENV == "demo")
# When messages that can wait do not ring, on the receiver's clock; merchants may choose other hours.
QUIET_HOURS = environment.hours("PORTAL_QUIET_HOURS", default="21:00-08:00" if IS_PRODUCTION else "")
# Days after which it is forgotten who opened an order's links; the database lets none go that is younger than seven.
OPENINGS_DAYS = environment.number("PORTAL_OPENINGS_DAYS", 90, least=7)
# Merchants' endpoints on this machine, over plain HTTP: for the demo and for tests.
WEBHOOKS_TO_LOOPBACK = environment.flag("PORTAL_WEBHOOKS_TO_LOOPBACK", default=PORTAL_ENV == "demo")

# Web push: the key that browsers' subscriptions are bound to. Without one it is made of the portal's own, so that a new
# SECRET_KEY ends all subscriptions; in the demo it then shows pushes itself.
PUSH_KEY = environment.push_key("PORTAL_PUSH_KEY")
PUSH_SIGNING_KEY = PUSH_KEY or environment.derived_push_key(SECRET_KEY)
WECHAT_BASE_URL = environment.text("PORTAL_WECHAT_BASE_URL", "https://api.weixin.qq.com").rstrip("/")

# Mails go to a mail server, or to a provider's own interface where there is a key; events come from the provider.
SMTP_URL = environment.text("PORTAL_SMTP_URL")
MAIL_PROVIDER = environment.choice("PORTAL_MAIL_PROVIDER", ("", "postmark", "sendgrid", "mailgun", "amazon_ses"), "")
MAIL_KEY = environment.text("PORTAL_MAIL_KEY")
MAIL_WEBHOOK_SECRET = environment.text("PORTAL_MAIL_WEBHOOK_SECRET")
MAIL_API_URL = environment.text("PORTAL_MAIL_API_URL")
MAILERS = {
    "default": environment.provider_mailer(MAIL_PROVIDER, MAIL_KEY, MAIL_API_URL)
    if MAIL_KEY
    else environment.mailer(SMTP_URL, DATA_DIR)
}
# Letters that answer ours: where they are sent to, and what who brings them signs with; "" for none.
REPLY_ADDRESS = environment.text("PORTAL_REPLY_ADDRESS")
LETTER_SECRET = environment.text("PORTAL_LETTER_SECRET")
DEFAULT_FROM_EMAIL = environment.text("PORTAL_MAIL_FROM", "Logistics Portal <parcels@portal.invalid>")

PHONENUMBER_DB_FORMAT = "E164"
PHONENUMBER_DEFAULT_FORMAT = "E164"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": environment.text("PORTAL_LOG_LEVEL", "INFO")},
    "loggers": {
        "django-q": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
        "pyBarcode": {"level": "WARNING"},
        "twilio.http_client": {"level": "WARNING"},
    },
}

if PORTAL_ENV == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
