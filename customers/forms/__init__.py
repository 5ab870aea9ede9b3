"""Shapes of what people type about customers, tickets and articles."""

from customers.forms.articles import ArticleForm, HelpCategoryForm, RelatedForm
from customers.forms.customers import (
    AddressForm,
    AddressFormSet,
    BaseRows,
    ConsentForm,
    ContactForm,
    ContactFormSet,
    CustomerForm,
    typed,
)
from customers.forms.fields import FilesField, FilesInput, NoteForm, ReasonForm, TagsField, TagsForm, UserField
from customers.forms.support import PublicForm, PublicReplyForm, SupportForm, Suspicious
from customers.forms.tickets import (
    AssignForm,
    ComposeForm,
    HandleForm,
    NewTicketForm,
    candidates,
    may_take_away,
    next_statuses,
)

__all__ = [
    "AddressForm",
    "AddressFormSet",
    "ArticleForm",
    "AssignForm",
    "BaseRows",
    "ComposeForm",
    "ConsentForm",
    "ContactForm",
    "ContactFormSet",
    "CustomerForm",
    "FilesField",
    "FilesInput",
    "HandleForm",
    "HelpCategoryForm",
    "NewTicketForm",
    "NoteForm",
    "PublicForm",
    "PublicReplyForm",
    "ReasonForm",
    "RelatedForm",
    "SupportForm",
    "Suspicious",
    "TagsField",
    "TagsForm",
    "UserField",
    "candidates",
    "may_take_away",
    "next_statuses",
    "typed",
]
