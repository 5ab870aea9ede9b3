"""What files of customers, tickets and the help centre hold."""

from customers.resources.articles import ArticleResource
from customers.resources.care import FollowUpResource, ListMemberResource
from customers.resources.customers import CustomerResource
from customers.resources.edits import ArticleEdit, CustomerEdit, TicketEdit
from customers.resources.tickets import TicketResource

__all__ = [
    "ArticleEdit",
    "ArticleResource",
    "CustomerEdit",
    "CustomerResource",
    "FollowUpResource",
    "ListMemberResource",
    "TicketEdit",
    "TicketResource",
]
