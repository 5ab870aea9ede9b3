"""Labels of bins, with the code that handhelds scan."""

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from backoffice import generic
from inventory.models import Bin


class BinLabels(generic.PaperPage):
    """Of chosen bins (`?ids=1,2`), in the order asked for."""

    permission = "inventory.view_bin"
    title = gettext_lazy("Bin labels")
    labels = "tag"
    back = (gettext_lazy("Bins"), "inventory:bins")

    def get_documents(self) -> list[SafeString]:
        asked = generic.keys(self.request.GET.get("ids", ""))
        rows = Bin.objects.visible_to(self.user).filter(pk__in=asked).select_related("location")
        template = "inventory/paper/bin_label.html"
        return [generic.in_readers_language(template, {"bin": one}) for one in generic.as_asked(rows, asked)]
