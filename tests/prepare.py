"""Make the template database. A run with workers begins it at once: it is there when they have gathered the tests."""

import django

from tests.template import ensure_template

django.setup()
ensure_template()
