"""Every verb that the code records has words of its own."""

import re
from pathlib import Path

from django.conf import settings

from backoffice import verbs

RECORDED = re.compile(r"""audit\.record(?:_many)?\(\s*"([a-z_]+\.[a-z_]+)\"""")
PACKAGES = ("backoffice", "catalog", "customers", "inventory", "orders")


def test_every_recorded_verb_has_words():
    texts = [path.read_text() for name in PACKAGES for path in (Path(settings.BASE_DIR) / name).rglob("*.py")]
    recorded = {verb for text in texts for verb in RECORDED.findall(text)}

    assert len(recorded) > 40
    assert {verb for verb in recorded if verbs.words(verb)[1] == "dot"} == set()


def test_words_of_verbs_and_sources():
    assert verbs.words("order.placed") == ("Order placed", "check")
    assert verbs.words("brand.version_restored") == ("Earlier version restored", "history")
    assert verbs.words("moon.landed_on") == ("Moon landed on", "dot")
    assert verbs.source_words("page") == "in the browser"
    assert verbs.source_words("command:import_csv") == "by a command (import_csv)"
    assert verbs.source_words("job:orders.tasks.send_mail") == "by itself (Mail the customer about an order)"
    assert verbs.source_words("elsewhere") == "elsewhere"
