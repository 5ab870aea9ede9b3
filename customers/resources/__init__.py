"""What files of customers, tickets and the help centre hold."""

from customers.resources.customers import CustomerResource

__all__ = ["CustomerResource"]
