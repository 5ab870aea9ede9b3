"""Customers who may be the same: found set-wise by the job, and for one who is being typed in."""

# The statements are put together from the constants of this module and never from input.
# ruff: noqa: S608

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import audit
from backoffice.models import User
from customers.models import ContactPoint, Customer, DuplicatePair
from customers.services.contacts import ContactData

REASONS: dict[str, Any] = {
    "email": gettext_lazy("the same e-mail address"),
    "phone": gettext_lazy("the same phone number"),
    "tax": gettext_lazy("the same tax number"),
    "external": gettext_lazy("the same number elsewhere, but for signs and zeros"),
    "name": gettext_lazy("the same name"),
    "alike": gettext_lazy("a similar name"),
    "mail_name": gettext_lazy("the same name in the e-mail address"),
    "digits": gettext_lazy("the same last digits of the phone number"),
    "postal": gettext_lazy("the same postal code"),
}
STRONG = {"email": 100, "phone": 100, "tax": 100, "external": 95}
MOST_IN_BLOCK = 60  # what more customers share says nothing
LEAST_ALIKE = 0.5
LEAST_SCORE = 45

KEYS = """
    SELECT kind AS reason, normalized AS value, customer_id AS id FROM customers_contactpoint
    UNION SELECT 'tax', customers_code_key(tax_id), id FROM dup_who WHERE tax_id <> ''
    UNION SELECT 'external', customers_code_key(external_id), id FROM dup_who WHERE external_id <> ''
    UNION SELECT 'mail_name', customers_mail_key(normalized), customer_id FROM customers_contactpoint WHERE kind = 'email'
    UNION SELECT 'digits', right(normalized, 8), customer_id FROM customers_contactpoint WHERE kind = 'phone' AND length(normalized) >= 10
    UNION SELECT 'postal', a.country || upper(regexp_replace(a.postal_code, '[^A-Za-z0-9]', '', 'g')) || ':' || left(w.word, 2), a.customer_id
          FROM customers_address a JOIN dup_who p ON p.id = a.customer_id, unnest(string_to_array(p.name_key || ' ' || p.company_key, ' ')) w(word)
          WHERE length(a.postal_code) >= 3 AND w.word <> ''
"""
SIMILARITY = """greatest(customers_alike(a.name_key, b.name_key), customers_alike(a.company_key, b.company_key),
                         customers_alike(a.company_key, b.name_key), customers_alike(a.name_key, b.company_key))"""


@dataclass(frozen=True)
class LookAlike:
    """A customer who may be the one typed in: how sure, out of 100, and why."""

    customer: Customer
    score: int
    reasons: list[str]

    @property
    def words(self) -> str:
        return in_words(self.reasons)


def in_words(reasons: Sequence[str]) -> str:
    """The reasons of a pair as a person reads them."""
    return ", ".join(str(REASONS[reason]) for reason in reasons if reason in REASONS)


@transaction.atomic
def find_duplicates() -> dict[str, int]:
    """Compare all customers with all by their keys, and bring the list of suggested pairs up to date.

    Pairs that somebody decided on stay decided. Returns how many are suggested, new, and no longer alike.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('customers.find_duplicates'))")
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute("SET LOCAL statement_timeout = 0")
        for statement in _statements():
            cursor.execute(statement)
        cursor.execute(
            """INSERT INTO customers_duplicatepair AS t (one_id, other_id, score, reasons, status, found_at)
               SELECT one, other, score, reasons, 'suggested', now() FROM dup_found
               ON CONFLICT (one_id, other_id) DO UPDATE SET score = EXCLUDED.score, reasons = EXCLUDED.reasons
               WHERE t.status = 'suggested' AND (t.score, t.reasons) IS DISTINCT FROM (EXCLUDED.score, EXCLUDED.reasons)
               RETURNING xmax = 0"""
        )
        new = sum(1 for (is_new,) in cursor.fetchall() if is_new)
        cursor.execute(
            """DELETE FROM customers_duplicatepair t WHERE t.status = 'suggested'
               AND NOT EXISTS (SELECT 1 FROM dup_found f WHERE (f.one, f.other) = (t.one_id, t.other_id))"""
        )
        gone = cursor.rowcount
        cursor.execute("SELECT count(*) FROM dup_found")
        suggested = cursor.fetchone()[0]
        cursor.execute("DROP TABLE dup_who, dup_key, dup_found")
    return {"suggested": suggested, "new": new, "gone": gone}


def _statements() -> list[str]:
    """Who is compared, by which keys, and which pairs share one: dup_who, dup_key and dup_found."""
    strong = ", ".join(f"'{name}'" for name in STRONG)
    best = " ".join(f"WHEN bool_or(reason = '{name}') THEN {score}" for name, score in STRONG.items())
    return [
        """CREATE TEMP TABLE dup_who ON COMMIT DROP AS
           SELECT id, external_id, tax_id, customers_name_key(name) AS name_key,
                  CASE WHEN company = '' THEN '' ELSE customers_name_key(company) END AS company_key
           FROM customers_customer WHERE merged_into_id IS NULL""",
        "ALTER TABLE dup_who ADD PRIMARY KEY (id)",
        "ANALYZE dup_who",
        f"""CREATE TEMP TABLE dup_key ON COMMIT DROP AS
            SELECT k.reason, k.value, k.id FROM (
                SELECT n.*, count(*) OVER (PARTITION BY n.reason, n.value) AS size FROM ({KEYS}) n WHERE n.value IS NOT NULL
            ) k JOIN dup_who w ON w.id = k.id WHERE k.size BETWEEN 2 AND {MOST_IN_BLOCK}""",
        "CREATE INDEX ON dup_key (reason, value, id)",
        "ANALYZE dup_key",
        f"""CREATE TEMP TABLE dup_found ON COMMIT DROP AS
            WITH shared AS (
                SELECT a.id AS one, b.id AS other, a.reason FROM dup_key a
                JOIN dup_key b ON b.reason = a.reason AND b.value = a.value AND b.id > a.id GROUP BY 1, 2, 3
            ), compared AS (
                SELECT s.one, s.other, coalesce(CASE {best} END, 0) AS sure, count(*) AS signs,
                       array_agg(s.reason ORDER BY s.reason) AS reasons
                FROM shared s GROUP BY 1, 2
            ), alike AS (
                SELECT c.*, {SIMILARITY} AS alike FROM compared c JOIN dup_who a ON a.id = c.one JOIN dup_who b ON b.id = c.other
            ), scored AS (
                SELECT one, other, CASE WHEN sure > 0 THEN sure ELSE least(94, round(60 * alike) + 12 * signs) END::int AS score,
                       to_jsonb(CASE WHEN alike = 1 THEN '{{name}}' WHEN alike >= {LEAST_ALIKE} THEN '{{alike}}' ELSE '{{}}' END::text[] || (
                           SELECT array_agg(r) FROM unnest(reasons) r
                           WHERE r IN ({strong}) OR NOT (r = 'mail_name' AND 'email' = ANY(reasons) OR r = 'digits' AND 'phone' = ANY(reasons))
                       )) AS reasons
                FROM alike WHERE sure > 0 OR alike >= {LEAST_ALIKE}
            )
            SELECT * FROM scored WHERE score >= {LEAST_SCORE}""",
    ]


def look_alikes(
    *,
    name: str,
    company: str = "",
    tax_id: str = "",
    contacts: Sequence[ContactData] = (),
    postal_codes: Sequence[str] = (),
    apart: Customer | None = None,
    limit: int = 5,
) -> list[LookAlike]:
    """Customers who look like the one typed in, the surest first, whoever may see them: pages mask what is not to be seen."""
    emails = [one.normalized for one in contacts if one.kind == ContactPoint.Kind.EMAIL]
    phones = [one.normalized for one in contacts if one.kind == ContactPoint.Kind.PHONE]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH typed AS (
                    SELECT 0 AS id, customers_name_key(%(name)s) AS name_key, customers_name_key(%(company)s) AS company_key
                ), signs AS (
                    SELECT customer_id AS id, kind AS reason FROM customers_contactpoint WHERE normalized = ANY(%(contacts)s)
                    UNION SELECT id, 'tax' FROM customers_customer WHERE %(tax)s <> '' AND tax_id <> '' AND tax_id = %(tax)s
                    UNION SELECT customer_id, 'mail_name' FROM customers_contactpoint WHERE normalized LIKE ANY(%(mail_names)s)
                    UNION SELECT customer_id, 'digits' FROM customers_contactpoint WHERE normalized LIKE ANY(%(digits)s)
                    UNION SELECT * FROM (SELECT id, 'called' FROM customers_customer WHERE search_text LIKE ALL(%(words)s) LIMIT 200) c
                ), postal AS (
                    SELECT s.id, 'postal' AS reason FROM (SELECT DISTINCT id FROM signs) s
                    WHERE EXISTS (SELECT 1 FROM customers_address a WHERE a.customer_id = s.id AND a.postal_code = ANY(%(postal)s))
                ), all_signs AS (SELECT * FROM signs UNION SELECT * FROM postal)
                SELECT b.id, {SIMILARITY} AS alike, array_agg(DISTINCT s.reason ORDER BY s.reason) AS reasons
                FROM all_signs s JOIN (
                    SELECT c.id, customers_name_key(c.name) AS name_key, customers_name_key(c.company) AS company_key
                    FROM customers_customer c WHERE c.merged_into_id IS NULL AND c.id IN (SELECT id FROM signs)
                ) b ON b.id = s.id, typed a
                WHERE b.id <> %(apart)s GROUP BY b.id, alike""",
            {
                "name": name,
                "company": company,
                "tax": tax_id.strip(),
                "contacts": [*emails, *phones],
                "mail_names": [f"{_escaped(email.split('@')[0].split('+')[0])}@%" for email in emails],
                "digits": [f"%{phone[-8:]}" for phone in phones if len(phone) >= 10],
                "words": [f"%{_escaped(word)}%" for word in name.upper().split()] or ["nobody"],
                "postal": list(postal_codes),
                "apart": apart.pk if apart else 0,
            },
        )
        scored = [_score(*row) for row in cursor.fetchall()]
    best = sorted((one for one in scored if one[1] >= LEAST_SCORE), key=lambda one: (-one[1], one[0]))[:limit]
    customers = Customer.objects.in_bulk([key for key, _score_, _reasons in best])
    return [LookAlike(customers[key], score, reasons) for key, score, reasons in best]


def _score(key: int, alike: float, reasons: list[str]) -> tuple[int, int, list[str]]:
    """(customer, score, reasons) by the rules of the job; a name alone is half a reason."""
    strong = [STRONG[reason] for reason in reasons if reason in STRONG]
    named = ["name"] if alike == 1 else ["alike"] if alike >= LEAST_ALIKE else []
    told = [*named, *(reason for reason in reasons if reason in REASONS)]
    if strong:
        return key, max(strong), told
    if not named:
        return key, 0, told
    return key, min(94, round(60 * alike) + 12 * (len(told) - 1)), told


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@transaction.atomic
def dismiss_pair(pair: DuplicatePair, *, by: User, reason: str = "") -> DuplicatePair:
    """Remember that the two are not the same; the job does not suggest them again."""
    pair = DuplicatePair.objects.locked().get(pk=pair.pk)
    if pair.status != DuplicatePair.Status.SUGGESTED:
        raise ValidationError(_("Somebody decided on this pair already."), code="decided")
    pair.status, pair.decided_by, pair.decided_at = DuplicatePair.Status.DISMISSED, by, timezone.now()
    pair.save(update_fields=["status", "decided_by", "decided_at"])
    audit.record("duplicate.dismissed", pair, by=by, reason=reason)
    return pair
