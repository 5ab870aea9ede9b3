"""What reports of service read: facts of each ticket, and their sums, kept true by a job."""

from customers.services.reporting.subjects import Subject, subject, subjects
from customers.services.reporting.upkeep import pending_tickets, refresh_service

__all__ = ["Subject", "pending_tickets", "refresh_service", "subject", "subjects"]
