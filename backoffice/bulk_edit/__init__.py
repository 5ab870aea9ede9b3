"""Many records changed at once, from any list: of the ticked rows, or of everything that its filters match.

    class VariantBatch(bulk_edit.EditBatch):                  # <module>/services: what stands against a row
        resource = "products"; model = Variant; key = ("sku",); names = ("sku", "price", "weight_grams")

    @resources.register_edit                                  # <module>/resources: what may be changed, and by whom
    class VariantEdit(bulk_edit.EditResource):
        key = "variants"; label = _("Variants"); batch = VariantBatch; models = (Variant,)
        editable = ("price", "weight_grams")

A bulk edit is an ImportRun whose rows come from a list and not from a file: check, differences, application, history,
undo, progress and cancellation are those of an import. `operations` says what may be done to a field and makes SQL of it,
`batch` stages the new values, `editing` has the verbs, `actions` carries out verbs of a list over all that matches.
"""

from backoffice.bulk_edit.batch import EditBatch
from backoffice.bulk_edit.operations import Attribute
from backoffice.bulk_edit.resource import EditResource

__all__ = ["Attribute", "EditBatch", "EditResource"]
