"""Audit verbs and sources in words, for timelines and the audit list. Each line: text, icon."""

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

VERBS: dict[str, tuple[Any, str]] = {
    "article.archived": (gettext_lazy("Article archived"), "inbox"),
    "article.changed": (gettext_lazy("Article changed"), "edit"),
    "article.created": (gettext_lazy("Article created"), "plus"),
    "article.published": (gettext_lazy("Article published"), "globe"),
    "article.restored": (gettext_lazy("Article restored"), "undo"),
    "article.unpublished": (gettext_lazy("Article taken off the site"), "eye-off"),
    "attachment.opened_from_quarantine": (gettext_lazy("Attachment opened from quarantine"), "alert"),
    "brand.changed": (gettext_lazy("Brand changed"), "edit"),
    "brand.created": (gettext_lazy("Brand created"), "plus"),
    "bulk_edit.applied": (gettext_lazy("Bulk edit applied"), "edit"),
    "bulk_edit.redone": (gettext_lazy("Bulk edit done again"), "refresh"),
    "bulk_edit.undone": (gettext_lazy("Bulk edit undone"), "undo"),
    "category.changed": (gettext_lazy("Category changed"), "edit"),
    "category.created": (gettext_lazy("Category created"), "plus"),
    "category.moved": (gettext_lazy("Category moved"), "folder-tree"),
    "customer.archived": (gettext_lazy("Customer archived"), "inbox"),
    "customer.changed": (gettext_lazy("Customer changed"), "edit"),
    "customer.created": (gettext_lazy("Customer created"), "plus"),
    "customer.erased": (gettext_lazy("Personal data erased"), "trash"),
    "customer.merged": (gettext_lazy("Customers merged"), "merge"),
    "customer.noted": (gettext_lazy("Note"), "message"),
    "customer.restored": (gettext_lazy("Customer restored"), "undo"),
    "customer.tagged": (gettext_lazy("Tags changed"), "tag"),
    "dailysales.repaired": (gettext_lazy("Daily sales repaired"), "settings"),
    "demo.loaded": (gettext_lazy("Demonstration shop loaded"), "box"),
    "export.canceled": (gettext_lazy("Export canceled"), "x"),
    "export.downloaded": (gettext_lazy("Export downloaded"), "download"),
    "export.removed": (gettext_lazy("File of the export removed"), "trash"),
    "fulfilment.canceled": (gettext_lazy("Fulfilment canceled"), "x"),
    "fulfilment.created": (gettext_lazy("Fulfilment created"), "box"),
    "fulfilment.delivered": (gettext_lazy("Delivered"), "check-circle"),
    "fulfilment.packed": (gettext_lazy("Packed"), "box"),
    "fulfilment.shipped": (gettext_lazy("Shipped"), "truck"),
    "fulfilment.tracking_set": (gettext_lazy("Tracking changed"), "pin"),
    "hold.expired": (gettext_lazy("Hold expired"), "clock"),
    "hold.placed": (gettext_lazy("Stock held"), "lock"),
    "hold.released": (gettext_lazy("Hold released"), "undo"),
    "import.applied": (gettext_lazy("Import applied"), "upload"),
    "import.undone": (gettext_lazy("Import undone"), "undo"),
    "import.redone": (gettext_lazy("Import done again"), "refresh"),
    "invitation.resent": (gettext_lazy("Invitation sent again"), "mail"),
    "invitation.sent": (gettext_lazy("Invitation sent"), "mail"),
    "invitation.withdrawn": (gettext_lazy("Invitation withdrawn"), "x"),
    "job.retried": (gettext_lazy("Job tried again"), "refresh"),
    "list.exported": (gettext_lazy("List exported"), "download"),
    "location.closed": (gettext_lazy("Location closed"), "lock"),
    "location.opened": (gettext_lazy("Location opened"), "warehouse"),
    "order.canceled": (gettext_lazy("Order canceled"), "x"),
    "order.closed": (gettext_lazy("Order closed"), "check-circle"),
    "order.created": (gettext_lazy("Draft written"), "edit"),
    "order.credited": (gettext_lazy("Credit note issued"), "receipt"),
    "order.details_changed": (gettext_lazy("Order details changed"), "edit"),
    "order.edited": (gettext_lazy("Draft changed"), "edit"),
    "order.fulfilment_canceled": (gettext_lazy("Fulfilment canceled"), "x"),
    "order.fulfilment_created": (gettext_lazy("Fulfilment created"), "box"),
    "order.imported": (gettext_lazy("Order imported"), "upload"),
    "order.invoiced": (gettext_lazy("Invoice issued"), "receipt"),
    "order.lines_canceled": (gettext_lazy("Pieces canceled"), "minus"),
    "order.noted": (gettext_lazy("Note"), "message"),
    "order.paid": (gettext_lazy("Payment recorded"), "card"),
    "order.placed": (gettext_lazy("Order placed"), "check"),
    "order.refunded": (gettext_lazy("Refunded"), "undo"),
    "order.reopened": (gettext_lazy("Order reopened"), "refresh"),
    "order.repaired": (gettext_lazy("Order repaired"), "settings"),
    "order.return_canceled": (gettext_lazy("Return canceled"), "x"),
    "order.return_received": (gettext_lazy("Return received"), "inbox"),
    "order.return_requested": (gettext_lazy("Return announced"), "return"),
    "order.shipped": (gettext_lazy("Shipped"), "truck"),
    "product.archived": (gettext_lazy("Product archived"), "inbox"),
    "product.changed": (gettext_lazy("Product changed"), "edit"),
    "product.cover_chosen": (gettext_lazy("Cover chosen"), "image"),
    "product.created": (gettext_lazy("Product created"), "plus"),
    "product.picture_added": (gettext_lazy("Picture added"), "image"),
    "product.picture_removed": (gettext_lazy("Picture removed"), "trash"),
    "product.published": (gettext_lazy("Product published"), "globe"),
    "product.restored": (gettext_lazy("Product restored"), "undo"),
    "product.tagged": (gettext_lazy("Tags changed"), "tag"),
    "product.unpublished": (gettext_lazy("Product taken off the shop"), "eye-off"),
    "receipt.posted": (gettext_lazy("Goods received"), "inbox"),
    "return.approved": (gettext_lazy("Return approved"), "check"),
    "return.canceled": (gettext_lazy("Return canceled"), "x"),
    "return.closed": (gettext_lazy("Return closed"), "check-circle"),
    "return.received": (gettext_lazy("Return received"), "inbox"),
    "return.requested": (gettext_lazy("Return announced"), "return"),
    "role.second_factor_changed": (gettext_lazy("Second factor of the role changed"), "shield"),
    "stocklevel.corrected": (gettext_lazy("Stock corrected"), "edit"),
    "stocklevel.repaired": (gettext_lazy("Stock level repaired"), "settings"),
    "ticket.answered_by_customer": (gettext_lazy("Customer answered"), "mail"),
    "ticket.assigned": (gettext_lazy("Ticket assigned"), "user"),
    "ticket.closed": (gettext_lazy("Ticket closed"), "check-circle"),
    "ticket.merged": (gettext_lazy("Tickets merged"), "merge"),
    "ticket.moved": (gettext_lazy("Ticket moved to another queue"), "inbox"),
    "ticket.new": (gettext_lazy("Ticket new"), "ticket"),
    "ticket.noted": (gettext_lazy("Note"), "lock"),
    "ticket.on_hold": (gettext_lazy("Ticket on hold"), "clock"),
    "ticket.open": (gettext_lazy("Ticket open"), "ticket"),
    "ticket.opened": (gettext_lazy("Ticket opened"), "ticket"),
    "ticket.pending": (gettext_lazy("Waiting for the customer"), "clock"),
    "ticket.priority_set": (gettext_lazy("Priority changed"), "flag"),
    "ticket.replied": (gettext_lazy("Customer was answered"), "send"),
    "ticket.solved": (gettext_lazy("Ticket solved"), "check"),
    "ticket.spam": (gettext_lazy("Marked as spam"), "alert"),
    "ticket.tagged": (gettext_lazy("Tags changed"), "tag"),
    "ticket.unassigned": (gettext_lazy("Ticket unassigned"), "user"),
    "transfer.canceled": (gettext_lazy("Transfer canceled"), "x"),
    "transfer.created": (gettext_lazy("Transfer created"), "transfer"),
    "transfer.received": (gettext_lazy("Transfer received"), "inbox"),
    "transfer.sent": (gettext_lazy("Transfer sent"), "truck"),
    "user.access_changed": (gettext_lazy("Access changed"), "key"),
    "user.deactivated": (gettext_lazy("User deactivated"), "lock"),
    "user.joined": (gettext_lazy("Joined"), "user"),
    "user.reactivated": (gettext_lazy("User reactivated"), "undo"),
    "user.second_factor_removed": (gettext_lazy("Second factor removed"), "shield"),
    "user.signed_out": (gettext_lazy("Signed out everywhere"), "log-out"),
    "user.token_created": (gettext_lazy("API token created"), "key"),
    "user.token_revoked": (gettext_lazy("API token revoked"), "trash"),
    "variant.added": (gettext_lazy("Variant added"), "plus"),
    "variant.changed": (gettext_lazy("Variant changed"), "edit"),
}
ENDINGS: dict[str, tuple[Any, str]] = {
    "version_restored": (gettext_lazy("Earlier version restored"), "history"),
    "created": (gettext_lazy("Created"), "plus"),
    "changed": (gettext_lazy("Changed"), "edit"),
    "deleted": (gettext_lazy("Deleted"), "trash"),
}
SOURCES = {
    "page": gettext_lazy("in the browser"),
    "admin": gettext_lazy("in the set-up"),
    "api": gettext_lazy("through the API"),
    "mail": gettext_lazy("by mail"),
    "command": gettext_lazy("by a command"),
    "import": gettext_lazy("by an import"),
    "edit": gettext_lazy("by a bulk edit"),
    "job": gettext_lazy("by itself"),
    "staff": gettext_lazy("by staff"),
    "web": gettext_lazy("in the web shop"),
}
JOBS = {
    "backoffice.mail_export": gettext_lazy("Mail an export"),
    "backoffice.make_export": gettext_lazy("Make an export"),
    "backoffice.remove_expired_exports": gettext_lazy("Remove exports whose time is over"),
    "backoffice.run_export_schedules": gettext_lazy("Start the exports that are due"),
    "backoffice.run_bulk_action": gettext_lazy("Carry out an action over a list"),
    "backoffice.send_mail": gettext_lazy("Send a mail"),
    "backoffice.tasks.forget_old_jobs": gettext_lazy("Clear old jobs away"),
    "backoffice.tasks.heartbeat": gettext_lazy("Show that the worker lives"),
    "backoffice.tasks.take_over": gettext_lazy("Take over from workers that died"),
    "backoffice.work_on_import": gettext_lazy("Work on an import"),
    "customers.deliver": gettext_lazy("Mail a message of a ticket"),
    "customers.forget_uses": gettext_lazy("Forget who used the public form"),
    "inventory.tasks.expire_holds": gettext_lazy("End holds whose time is over"),
    "orders.refresh_all_sales": gettext_lazy("Add up the sales of all days"),
    "orders.refresh_sales": gettext_lazy("Add up the latest sales"),
    "orders.tasks.send_mail": gettext_lazy("Mail the customer about an order"),
}


def words(verb: str) -> tuple[str, str]:
    """Text and icon of a verb; a verb without a line here is spelled out."""
    found = VERBS.get(verb) or ENDINGS.get(verb.rpartition(".")[2])
    return (str(found[0]), found[1]) if found else (capfirst(verb.replace(".", " ").replace("_", " ")), "dot")


def job_words(task: str) -> str:
    """What a job does; one without a line here keeps its name."""
    return str(JOBS.get(task, task))


def source_words(source: str) -> str:
    """Where a change came from: "command:import_csv" is "by a command (import_csv)"."""
    kind, _colon, name = source.partition(":")
    known = SOURCES.get(kind)
    if known is None:
        return source
    return _("%(source)s (%(name)s)") % {"source": known, "name": name} if name else str(known)
