"""The completeness of products, proven against what the products have."""

from django.utils.translation import gettext as _

from backoffice.models import User
from backoffice.verification import Result, check, compare, keys
from catalog.services.completeness import assess

PRODUCTS = "SELECT count(*) FROM catalog_product"

# What is due is assessed within the minute, and not wrong until then.
WRONG = """
    SELECT p.id, p.handle, c.score, catalog_completeness_score(n.missing)
    FROM catalog_product p JOIN catalog_completeness_of((SELECT array_agg(id) FROM catalog_product)) n ON n.product_id = p.id
    LEFT JOIN catalog_completeness c ON c.product_id = p.id
    WHERE (c.missing IS DISTINCT FROM n.missing OR c.score <> catalog_completeness_score(n.missing))
      AND p.id NOT IN (SELECT unnest(products) FROM catalog_completenessdue)
"""


def repair(by: User | None) -> None:
    assess(keys(WRONG))


@check("completeness", repair=repair)
def completeness() -> Result:
    return compare(
        checked=PRODUCTS,
        wrong=WRONG,
        say=lambda row: (
            _("%(product)s: %(kept)s %% complete by its score, %(found)s %% by what it has.")
            % {"product": row[1], "kept": row[2], "found": row[3]}
        ),
    )
