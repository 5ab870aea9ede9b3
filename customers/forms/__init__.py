"""Shapes of what people type about customers, tickets and articles."""

from customers.forms.articles import ArticleForm
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
from customers.forms.ownership import (
    AnswerForm,
    AppealForm,
    ClaimForm,
    DecisionForm,
    GiveForm,
    MergeForm,
    OtherCustomerForm,
)
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
    "AnswerForm",
    "AppealForm",
    "ArticleForm",
    "AssignForm",
    "BaseRows",
    "ClaimForm",
    "ComposeForm",
    "ConsentForm",
    "ContactForm",
    "ContactFormSet",
    "CustomerForm",
    "DecisionForm",
    "FilesField",
    "FilesInput",
    "GiveForm",
    "HandleForm",
    "MergeForm",
    "NewTicketForm",
    "NoteForm",
    "OtherCustomerForm",
    "PublicForm",
    "PublicReplyForm",
    "ReasonForm",
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
