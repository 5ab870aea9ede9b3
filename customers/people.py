"""What the platform's people pages need to know of tickets: queues as a scope, and work to hand back."""

from collections.abc import Iterable

from backoffice import people
from backoffice.models import Scope, User
from customers.models import Customer, Queue
from customers.services import hand_back_follow_ups, return_work, transfer
from customers.services.ownership import Source


def queue_choices() -> Iterable[tuple[str, str]]:
    return [(queue.slug, str(queue)) for queue in Queue.objects.filter(is_active=True)]


def disown(user: User, *, by: User) -> int:
    """Customers of somebody who leaves have no owner until somebody takes them."""
    return len(transfer(Customer.objects.filter(owner=user), None, by=by, source=Source.LEFT))


people.register_scope(Scope.Kind.QUEUE, queue_choices)
people.on_deactivation(return_work)
people.on_deactivation(disown)
people.on_deactivation(hand_back_follow_ups)
