"""Setting pieces aside."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import timezone

from backoffice.errors import IllegalTransition, NotAllowed
from inventory import services
from inventory.models import Hold
from inventory.services import InsufficientStock
from tests.factories import level_of, make_location, make_user, make_variant

pytestmark = pytest.mark.django_db


def make_hold(variant, quantity=2, *, minutes=60, by=None):
    return services.hold(
        variant.pk,
        make_location(),
        quantity,
        reason="Photo shoot",
        expires_at=timezone.now() + timedelta(minutes=minutes),
        by=by,
    )


def test_held_pieces_are_not_available():
    tea = make_variant("TEA", on_hand=5)
    make_hold(tea)
    assert (level_of(tea).held, level_of(tea).free) == (2, 3)
    with pytest.raises(InsufficientStock, match="TEA: 3 available, 4 asked"):
        make_hold(tea, 4)


def test_a_released_hold_frees_its_pieces_once():
    tea = make_variant("TEA", on_hand=5)
    held = make_hold(tea)
    assert services.release_hold(held, by=None).status == "released"
    assert level_of(tea).held == 0
    with pytest.raises(IllegalTransition):
        services.release_hold(held, by=None)


def test_expired_holds_end_by_the_command(capsys):
    tea = make_variant("TEA", on_hand=5)
    short, long = make_hold(tea, 1, minutes=1), make_hold(tea, 2, minutes=60)
    later = timezone.now() + timedelta(minutes=5)
    assert services.expire_holds(later) == 1
    assert services.expire_holds(later) == 0
    call_command("expire_holds")
    assert "0" in capsys.readouterr().out
    assert set(Hold.objects.values_list("pk", "status")) == {(short.pk, "expired"), (long.pk, "live")}
    assert level_of(tea).held == 2


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [({"reason": " "}, "Say why"), ({"quantity": 0}, "at least 1"), ({"expires_at": timezone.now()}, "time is over")],
)
def test_refusals(fields, sentence):
    tea = make_variant("TEA", on_hand=5)
    arguments = {"quantity": 1, "reason": "x", "expires_at": timezone.now() + timedelta(hours=1)} | fields
    with pytest.raises(ValidationError, match=sentence):
        services.hold(tea.pk, make_location(), arguments.pop("quantity"), by=None, **arguments)


def test_holds_keep_to_the_own_warehouse():
    tea = make_variant("TEA", on_hand=5)
    stranger = make_user("warehouse_operator", warehouses=("SHOP",))
    with pytest.raises(NotAllowed):
        make_hold(tea, by=stranger)
    with pytest.raises(NotAllowed):
        services.release_hold(make_hold(tea), by=stranger)
