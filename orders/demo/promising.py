"""Business hours, promises and agents of the demonstration shop."""

from backoffice import demo
from backoffice.models import User
from customers.models import Ticket
from customers.services import assignment, calendars, promises
from customers.services.promises import Target

WEEK = {day: [(9 * 60, 12 * 60 + 30), (13 * 60 + 30, 18 * 60)] for day in range(5)}
HOUR, DAY = 60, 8 * 60  # business minutes
PRIORITIES = Ticket.Priority
TARGETS = [
    Target(PRIORITIES.LOW, 2 * DAY, 2 * DAY),
    Target(PRIORITIES.NORMAL, DAY, DAY, 5 * DAY),
    Target(PRIORITIES.HIGH, 4 * HOUR, 4 * HOUR, 2 * DAY),
    Target(PRIORITIES.URGENT, HOUR, 2 * HOUR, DAY),
]
PROMISED = 12  # of the tickets that wait; the others were asked before anything was promised


def load(owner: User) -> None:
    """Set up who answers when, and promise it to the tickets that came last."""
    office = calendars.save_calendar(by=owner, name="Office", zone="Europe/Berlin", week=WEEK, country="DE")
    promises.save_policy(by=owner, name="Standard", calendar=office, targets=TARGETS)
    for role, languages in (("support_agent", ["en", "zh-hans"]), ("support_lead", ["en"])):
        user = User.objects.get(email=demo.address(role))
        assignment.save_agent(by=owner, user=user, takes_tickets=True, cap=20, skills=["returns"], languages=languages)
    waiting = Ticket.objects.unsolved().order_by("-created_at", "-pk").values_list("pk", flat=True)
    promises.follow(list(waiting[:PROMISED]))
