"""What files of customers, tickets and the help centre hold."""

from customers.resources.articles import ArticleResource
from customers.resources.customers import CustomerResource
from customers.resources.tickets import TicketResource

__all__ = ["ArticleResource", "CustomerResource", "TicketResource"]
