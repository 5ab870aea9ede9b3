"""Triggers that hold a rule in the database, with a message that a person can read."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pgtrigger
from django.db import connections
from pgtrigger.core import _ignore_func_name

IGNORING = Path(__file__).with_name("sql") / "ignoring.sql"


def append_only(name: str = "append_only") -> pgtrigger.Trigger:
    """Refuse UPDATE and DELETE: a ledger is corrected by a counter-entry."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func="""
            RAISE EXCEPTION '% is append-only: correct it by a counter-entry.', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
        """,
    )


def legal_transitions(
    field: str, transitions: Mapping[Any, Iterable[Any]], name: str = "legal_transitions"
) -> pgtrigger.Trigger:
    """Refuse a change of `field` that `transitions` does not list, raw SQL included."""
    pairs = ", ".join(f"('{a}', '{b}')" for a, targets in sorted(transitions.items()) for b in sorted(targets))
    legal = f"(OLD.{field}, NEW.{field}) IN ({pairs})" if pairs else "FALSE"
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf(field),
        condition=pgtrigger.Condition(f"OLD.{field} IS DISTINCT FROM NEW.{field}"),
        func=f"""
            IF NOT ({legal}) THEN
                RAISE EXCEPTION '% % is % and cannot become %.', TG_TABLE_NAME, OLD.id, OLD.{field}, NEW.{field}
                USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


def ask_quickly(using: str, **signal: Any) -> None:
    """Have triggers ask in no time whether they are ignored: after every migration, for each that adds a trigger brings the
    library's function back."""
    with connections[using].cursor() as cursor:
        cursor.execute(IGNORING.read_text().format(function=_ignore_func_name()))
