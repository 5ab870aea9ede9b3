"""Why a mail became what it became: sentences for people, stored in English with their facts and shown in the reader's language."""

from django.utils.translation import gettext_noop

NOTHING_KNOWN = gettext_noop("It answers nothing that we know: a new request.")
STRANGER = gettext_noop(
    "Its subject names %(number)s, but it does not come from anybody who writes there: a new request."
)
NOT_PROVEN = gettext_noop("Its subject names %(number)s, but its sender may be forged: a new request.")
FOLLOW_UP = gettext_noop("It answers %(number)s, which is closed: a new ticket that follows it.")
BY_HAND = gettext_noop("%(user)s made a ticket of it.")

SIGNED = gettext_noop("It answers a mail of ours in %(number)s, by its signed Message-ID.")
PLUS = gettext_noop("It was sent to the signed address of %(number)s.")
SAME_ID = gettext_noop("A mail of this sender with the same Message-ID stands in %(number)s, with another content.")
KNOWN = gettext_noop("It answers a mail that stands in %(number)s.")
TOKEN = gettext_noop("Its subject names %(number)s, and it comes from somebody who writes there.")

AUTO = gettext_noop("An automatic reply to %(number)s: kept as a note, it opens nothing and is not answered.")
AUTO_ALONE = gettext_noop("An automatic reply to nothing of ours.")

BOUNCED = gettext_noop("Our mail in %(number)s could not be delivered to %(email)s: %(said)s")
DELAYED = gettext_noop("Our mail in %(number)s has not reached %(email)s yet: %(said)s")
DELIVERED = gettext_noop("Our mail in %(number)s has reached %(email)s.")
COMPLAINT = gettext_noop("A recipient called our mail in %(number)s unwanted.")
BOUNCED_ALONE = gettext_noop("A report about a mail that we do not know: %(email)s, %(said)s")
COMPLAINT_ALONE = gettext_noop("A report that a mail was unwanted, which we do not know.")

UNREADABLE = gettext_noop("It cannot be read (%(error)s). The raw mail is kept.")
REFUSED = gettext_noop("It could not be taken in: %(error)s")
TOO_LARGE = gettext_noop("It has %(size)s MB, and a mail may have %(limit)s MB.")
ONLY_HEAD = gettext_noop(
    "It has %(size)s MB, and a mail may have %(limit)s MB. Only its head was fetched; the rest is still in the mailbox."
)
TOO_MANY_RECIPIENTS = gettext_noop("It is addressed to %(count)s people.")
OUR_OWN = gettext_noop("It comes from an address of ours: %(email)s.")
TOO_MANY = gettext_noop("Its sender wrote very often within an hour.")
OF_SPAM = gettext_noop("It answers %(number)s, which is marked as spam.")
LOOP = gettext_noop(
    "%(number)s received too much mail within an hour, so two machines may be answering each other. Take it in again later, or make a ticket of it."
)
