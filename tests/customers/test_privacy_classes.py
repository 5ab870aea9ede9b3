"""Every table that may hold data of a person belongs to a class with a rule, or says why it holds none."""

import pytest

from backoffice.apps import own_apps
from customers.models import Customer, Message, Ticket
from customers.services import erasing
from orders.models import Order

WITHOUT = {
    "customers.Erasure": "the record of an erasure, which names nobody",
    "customers.Suppression": "hashes that cannot be read back",
    "orders.Authorization": "amounts, with the reference of the payment provider, as the books want it",
    "orders.Payment": "amounts, with the reference of the payment provider, as the books want it",
    "customers.TicketFacts": "figures of a ticket, made anew from it, without who",
    "customers.MessageWords": "an index of messages, written by triggers; what is erased there goes here",
    "orders.OrderLine": "what was bought, without who",
    "orders.ExchangeLine": "what was bought, without who",
}


def own_models():
    return [
        model
        for config in own_apps()
        for model in config.get_models()
        if model._meta.managed and not hasattr(model, "pgh_id")
    ]


def points_at_a_person(model):
    people = {Customer, Ticket, Message, Order}
    return model in people or any(
        field.related_model in people for field in model._meta.concrete_fields if field.is_relation
    )


@pytest.mark.parametrize(
    "model", [m for m in own_models() if points_at_a_person(m) or getattr(m, "PERSONAL", {})], ids=str
)
def test_every_model_about_people_has_a_class(model):
    classified = {found for entry in erasing.every() for found in entry.models}

    assert (model in classified) != (model._meta.label in WITHOUT)


@pytest.mark.parametrize("model", [m for m in own_models() if getattr(m, "PERSONAL", {})], ids=str)
def test_every_personal_field_is_erased(model):
    fields = {field.name for field in model._meta.concrete_fields}
    treated = {
        name
        for entry in erasing.every()
        for table in entry.tables
        if table.model is model
        for name in [*table.blank, *table.scrub, *table.files]
    }

    assert set(model.PERSONAL) & fields <= treated


def test_every_class_says_why_it_is_held_and_what_becomes_of_it():
    for entry in erasing.every():
        assert all((str(entry.label), str(entry.purpose), str(entry.retention))), entry.key
        assert (entry.rule == erasing.Rule.KEEP) == bool(entry.law) == (entry.until is not None)
