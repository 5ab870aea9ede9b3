"""Pages of tickets."""

from customers.views.tickets.bonds import Merge, Split, Unmerge
from customers.views.tickets.compose import Compose, draft, macro_text, take_back
from customers.views.tickets.files import attachment, download, picture
from customers.views.tickets.handling import NewTicket, Rename, SetStatus, handle, take, watch
from customers.views.tickets.lists import QueuesPage, TicketList
from customers.views.tickets.macros import EditMacro, MacroList, MacroRecord, NewMacro
from customers.views.tickets.messages import MessageList
from customers.views.tickets.record import TicketRecord

__all__ = [
    "Compose",
    "EditMacro",
    "MacroList",
    "MacroRecord",
    "Merge",
    "MessageList",
    "NewMacro",
    "NewTicket",
    "QueuesPage",
    "Rename",
    "SetStatus",
    "Split",
    "TicketList",
    "TicketRecord",
    "Unmerge",
    "attachment",
    "download",
    "draft",
    "handle",
    "macro_text",
    "picture",
    "take",
    "take_back",
    "watch",
]
