"""Who works with the catalogue."""

import pytest

from tests.factories import make_user


@pytest.fixture
def owner(db):
    return make_user("owner", name="Olivia Owner")


@pytest.fixture
def editor(db):
    return make_user("catalog_editor", name="Erik Editor")
