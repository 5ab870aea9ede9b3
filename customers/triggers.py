"""Triggers of messages that keep the words by which they are found, whoever writes."""

import pgtrigger

# Statement-level, so that a file of a hundred thousand messages pays once.
KEEP_WORDS = [
    pgtrigger.Trigger(
        name="find_words",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="added"),
        func="""
            INSERT INTO customers_messagewords (message_id, ticket_id, words)
            SELECT id, ticket_id, customers_message_words(body) FROM added;
            RETURN NULL;
        """,
    ),
    # Inserts where there is no row yet: messages of before are taken in while others write.
    pgtrigger.Trigger(
        name="find_words_again",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("body", "ticket_id"),
        condition=pgtrigger.Condition("OLD.body <> NEW.body OR OLD.ticket_id <> NEW.ticket_id"),
        func="""
            INSERT INTO customers_messagewords (message_id, ticket_id, words)
            VALUES (NEW.id, NEW.ticket_id, customers_message_words(NEW.body))
            ON CONFLICT (message_id) DO UPDATE SET ticket_id = excluded.ticket_id, words = excluded.words;
            RETURN NULL;
        """,
    ),
    pgtrigger.Trigger(
        name="forget_words",
        when=pgtrigger.After,
        operation=pgtrigger.Delete,
        func="""
            DELETE FROM customers_messagewords WHERE message_id = OLD.id;
            RETURN NULL;
        """,
    ),
]
