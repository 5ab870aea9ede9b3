"""How rows are found by a part of their `search_text`, Chinese of one or two characters included."""

import re
import unicodedata

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db.models import BooleanField, F, Func, Q, Value
from django.db.models.functions import StrIndex, Upper
from django.db.models.lookups import GreaterThan

from backoffice.rows import containing

PAIRS = Func(F("search_text"), function="customers_pairs", output_field=SearchVectorField())
JOINED = re.compile("[\u2e80-\u2fff\u3005-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]+")


def pairs_index(name: str) -> GinIndex:
    """Beside the `search_index`, which knows nothing shorter than three characters."""
    return GinIndex(PAIRS, name=name, fastupdate=False)


def holding(text: str) -> Q:
    """Rows whose `search_text` holds `text`, whatever its case; its Chinese is looked up by pairs of characters."""
    joined = " ".join(JOINED.findall(unicodedata.normalize("NFKC", text)))
    if not joined:
        return containing(text)
    wanted = Func(Value(joined), function="customers_message_query")
    paired = Func(PAIRS, wanted, template="%(expressions)s", arg_joiner=" @@ ", output_field=BooleanField())
    # Not LIKE: of short texts the index of three characters would be read from end to end.
    place = StrIndex("search_text", Upper(Value(text.replace("\x00", "").strip())))
    return Q(paired) & Q(GreaterThan(place, 0))
