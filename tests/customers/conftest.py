"""People of the support desk, signed in."""

import pytest

from tests.factories import make_queue, make_user


def free(response):
    """Close the file of a download, and leave the connection of the test open."""
    for close in response._resource_closers:
        close()


@pytest.fixture(autouse=True)
def _default_queue(request):
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db" if not _is_transactional(request) else "transactional_db")
        make_queue("support")


def _is_transactional(request):
    return any(mark.kwargs.get("transaction") for mark in request.node.iter_markers("django_db"))


@pytest.fixture
def sign_in(client):
    """Sign a new user with the role in; returns the user."""

    def enter(role, **fields):
        user = make_user(role, **fields)
        client.force_login(user)
        return user

    return enter


@pytest.fixture
def agent(sign_in):
    return sign_in("support_agent", name="Anna Agent")


@pytest.fixture
def lead(sign_in):
    return sign_in("support_lead", name="Lea Lead")
