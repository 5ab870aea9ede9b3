"""Settings of the tests: the real settings on a server that may forget, without `.env`."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
os.environ["ENV_FILE"] = os.devnull
os.environ["DEBUG"] = "on"
os.environ.setdefault("EMBEDDED_POSTGRES_DIR", str(PROJECT / ".data" / "test-postgres"))
os.environ.setdefault("EMBEDDED_POSTGRES_OPTIONS", "fsync=off,synchronous_commit=off,full_page_writes=off")
os.environ.setdefault("DATABASE_POOL_SIZE", "0")

from backoffice.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
UNDO_SEND_SECONDS = 0  # jobs are run at once; tests of taking back set it
MEDIA_ROOT = Path(tempfile.mkdtemp(prefix="houtai-test-media-"))
atexit.register(shutil.rmtree, MEDIA_ROOT, ignore_errors=True)

if "TEST_TEMPLATE" in os.environ:  # tests/template.py migrates it
    DATABASES["default"]["NAME"] = os.environ["TEST_TEMPLATE"]  # noqa: F405
