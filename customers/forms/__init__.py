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
from customers.forms.followups import EditNoteForm, FollowUpForm, NewFollowUpForm, OutcomeForm, PlanForm
from customers.forms.segments import LimitsForm
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
    "EditNoteForm",
    "FilesField",
    "FilesInput",
    "FollowUpForm",
    "HandleForm",
    "LimitsForm",
    "NewFollowUpForm",
    "NewTicketForm",
    "NoteForm",
    "OutcomeForm",
    "PlanForm",
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
