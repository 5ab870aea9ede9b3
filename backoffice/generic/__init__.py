"""Pages that every module is built of: lists, records, forms and verbs.

    from backoffice import generic

    class OrderList(generic.ListPage):
        model = Order
        permission = "orders.view_order"
        filterset_class = OrderFilter
        columns = [
            generic.Column("number", link=True),
            generic.Column("customer.name", _("Customer"), link="customer"),
            generic.Column("placed_at", kind="datetime"),
            generic.Column("total", kind="money", currency="currency"),
            generic.Column("status", kind="badge"),
        ]
        ordering = {"newest": ("-placed_at", "-id"), "oldest": ("placed_at", "id")}
        tabs = [generic.Tab(_("Open"), "status=placed")]
        bulk_actions = [generic.BulkAction("close", _("Close"), services.close, permission="orders.close_order", confirm=_("Closed orders ..."))]
        create_url = "orders:new"
        create_permission = "orders.add_order"

        def get_queryset(self):
            return super().get_queryset().select_related("customer")

    class OrderRecord(generic.RecordPage):
        model = Order
        permission = "orders.view_order"
        slug_field = "number"
        list_url = "orders:list"
        template_name = "orders/order_record.html"      # {% extends "generic/record.html" %}, blocks facts, sections, side
        facts = [generic.Column("customer.name", link="customer"), generic.Column("placed_at", kind="datetime")]

        def get_actions(self):
            return [generic.Action(_("Place order"), reverse("orders:place", args=[self.object.number]), primary=True)]

    class OrderForm(generic.FormPage):
        model = Order; form_class = forms.OrderForm; permission = "orders.change_order"; slug_field = "number"
        service = services.edit                          # service(obj, by=user, **cleaned); creating: service(by=user, **cleaned)

    class CancelOrder(generic.ActionView):               # POST acts; GET asks, with the form
        model = Order; permission = "orders.cancel_order"; slug_field = "number"
        service = services.cancel; form_class = forms.ReasonForm; title = _("Cancel order"); done = _("Order %s canceled.")

    @require_POST
    @permission_required("orders.place_order", raise_exception=True)
    def place(request, number):
        order = get_object_or_404(Order.objects.visible_to(request.user), number=number)
        return generic.act(request, services.place, order, done=_("Order %s placed."))

Lists. `ordering` names the orders of `?sort=`: the first is the default and each ends in a unique column. A header sorts
by itself where a named order starts with its column. `tabs` are views that the page brings along. A column may name a
`permission` (else it is not there) or be `personal` (else it is masked), on the page and in exports alike. Large
relations: `generic.LookupFilter(model=Brand)`; ranges: `DateRangeFilter()`, `NumberRangeFilter()`. Without a
filter for it nothing is searched: a filter called `q` is the search box.

Bulk actions take `service(obj, by=user, **fields)` row by row, or with `batch=True` `service(objects, by=user, **fields)`.

Records. `list_url` and `list_page` give the way back and the neighbours in the list one came from. `get_moments` adds comments to the
timeline; panels of upper modules stand there by themselves.

Forms. `perform(form)` is the place for a service with other arguments; `get_formset` adds rows (`self.formset`);
`formsets` names them where there are several; `fieldsets` groups long forms; `generic.LookupField(model=Customer)` chooses one
row out of many, as the user sees them.
A model names what people search it by: `lookup_fields = ("number", "name")`, or its queryset has `search(text)`.

Paper. `PaperPage` draws documents to print; `print_action` of a list leads to that of the chosen rows.

Templates. Blocks of a list: `above`, `list_actions`, `rows`, `empty`; of a record: `record_actions`, `facts`, `sections`, `panels`, `side`,
`timeline`; of a form: `fields`, `formset_heading`, `more_fields`, `form_actions`, `aside`; of a confirm page: `details`. Any control with
`data-key="e"` answers to that key. /components/ shows every part in every state.
"""

from backoffice.generic.actions import Action, ActionView, OnePage, act
from backoffice.generic.base import Page, may, safe_next
from backoffice.generic.bulk import BulkAction, Outcome
from backoffice.generic.columns import Column, display, in_reader_language, joined, named
from backoffice.generic.filters import AnyOfFilter, DateRangeFilter, NumberRangeFilter
from backoffice.generic.forms import FormPage
from backoffice.generic.lists import Count, ListPage
from backoffice.generic.lookups import LookupField, LookupFilter
from backoffice.generic.papers import PaperPage, as_asked, in_language, in_readers_language, keys, print_action
from backoffice.generic.ranking import BEST, Ranking
from backoffice.generic.records import Badge, Fact, Moment, RecordPage
from backoffice.generic.tabs import Tab

__all__ = [
    "BEST",
    "Action",
    "ActionView",
    "AnyOfFilter",
    "Badge",
    "BulkAction",
    "Column",
    "Count",
    "DateRangeFilter",
    "Fact",
    "FormPage",
    "ListPage",
    "LookupField",
    "LookupFilter",
    "Moment",
    "NumberRangeFilter",
    "OnePage",
    "Outcome",
    "Page",
    "PaperPage",
    "Ranking",
    "RecordPage",
    "Tab",
    "act",
    "as_asked",
    "display",
    "in_language",
    "in_reader_language",
    "in_readers_language",
    "joined",
    "keys",
    "may",
    "named",
    "print_action",
    "safe_next",
]
