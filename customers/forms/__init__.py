"""Shapes of what people type about customers, tickets and articles."""

from customers.forms.articles import ArticleForm, HelpCategoryForm, RelatedForm
from customers.forms.bonds import ChooseMacroForm, MergeForm, MergeManyForm, SplitForm, StatusForm, SubjectForm
from customers.forms.custom import CustomValues, FieldForm
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
from customers.forms.lists import AddToListForm, ListForm, TakeOffListForm
from customers.forms.macros import PLACEHOLDERS, MacroForm
from customers.forms.ownership import (
    AnswerForm,
    AppealForm,
    ClaimForm,
    DecisionForm,
    GiveForm,
    MergeCustomersForm,
    OtherCustomerForm,
    RulesForm,
)
from customers.forms.promises import AgentForm, AwayForm, CalendarForm, PolicyForm, PreviewForm, SurveyForm
from customers.forms.segments import LimitsForm
from customers.forms.support import PublicForm, PublicReplyForm, SupportForm, Suspicious
from customers.forms.tickets import (
    LONGEST,
    AssignForm,
    ComposeForm,
    HandleForm,
    NewTicketForm,
    candidates,
    may_take_away,
    next_statuses,
)

__all__ = [
    "LONGEST",
    "PLACEHOLDERS",
    "AddToListForm",
    "AddressForm",
    "AddressFormSet",
    "AgentForm",
    "AnswerForm",
    "AppealForm",
    "ArticleForm",
    "AssignForm",
    "AwayForm",
    "BaseRows",
    "CalendarForm",
    "ChooseMacroForm",
    "ClaimForm",
    "ComposeForm",
    "ConsentForm",
    "ContactForm",
    "ContactFormSet",
    "CustomValues",
    "CustomerForm",
    "DecisionForm",
    "EditNoteForm",
    "FieldForm",
    "FilesField",
    "FilesInput",
    "FollowUpForm",
    "GiveForm",
    "HandleForm",
    "HelpCategoryForm",
    "LimitsForm",
    "ListForm",
    "MacroForm",
    "MergeCustomersForm",
    "MergeForm",
    "MergeManyForm",
    "NewFollowUpForm",
    "NewTicketForm",
    "NoteForm",
    "OtherCustomerForm",
    "OutcomeForm",
    "PlanForm",
    "PolicyForm",
    "PreviewForm",
    "PublicForm",
    "PublicReplyForm",
    "ReasonForm",
    "RelatedForm",
    "RulesForm",
    "SplitForm",
    "StatusForm",
    "SubjectForm",
    "SupportForm",
    "SurveyForm",
    "Suspicious",
    "TagsField",
    "TagsForm",
    "TakeOffListForm",
    "UserField",
    "candidates",
    "may_take_away",
    "next_statuses",
    "typed",
]
