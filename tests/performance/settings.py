"""Settings of the benchmarks: as in production, on a server of their own, with the stock admin beside our pages."""

import os

os.environ["ENV_FILE"] = os.devnull
os.environ.setdefault("SECRET_KEY", "benchmarks-only-not-a-secret-0123456789abcdefghijklmnopqrst")
os.environ.setdefault("ALLOWED_HOSTS", "127.0.0.1,localhost,testserver")
os.environ.setdefault("DATABASE_URL", "embedded:")
os.environ.setdefault("HTTPS", "off")
os.environ.setdefault("DATABASE_POOL_SIZE", "0")
os.environ.setdefault("LOG_LEVEL", "WARNING")

from backoffice.settings import *  # noqa: F403

ROOT_URLCONF = "tests.performance.urls"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405
