"""How the cells of a customer file become staged rows: names, contacts in one form, addresses put together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice import countries
from backoffice.imports.cells import CellReader, Problems, Values, error, warning
from backoffice.imports.mapping import Mapping
from backoffice.resources import Column
from customers.resources.custom_columns import STAGED as CUSTOM
from customers.resources.custom_columns import CustomReader
from customers.services import clean_tags, normalize_email, normalize_phone

NOTHING = frozenset(["NULL", "null", "\\N"])
NAMES = frozenset(["name", "first_name", "last_name"])
HAN = re.compile(r"[\u4e00-\u9fff]+")
LANGUAGES = {
    **dict.fromkeys(["en", "english", "英语", "英文"], "en"),
    **dict.fromkeys(["zh", "chinese", "中文", "汉语", "简体中文", "simplified chinese"], "zh-hans"),
}
PARTS = {
    "company": "company",
    "address1": "line1",
    "address2": "line2",
    "city": "city",
    "state": "region",
    "province": "region",
    "region": "region",
    "postcode": "postal_code",
    "zip": "postal_code",
    "country": "country",
    "phone": "phone",
    "first name": "first_name",
    "last name": "last_name",
}
SEVERAL = re.compile(r"\s*(?::::|[;,、，；]|\bor\b)\s*")  # between phone numbers in one cell
LENGTHS = {"name": 200, "company": 200, "line1": 200, "line2": 200, "city": 120, "region": 120, "postal_code": 20}
KEPT_AS_READ = (
    "number", "external_id", "company", "note", "status", "tax_exempt", "price_group", "tax_id", "accepts_email", "accepts_sms",
)  # fmt: skip
EMAILS = ("email", "other_emails")
PHONES = ("phone", "mobile", "other_phones")
ADDRESS = ("address1", "address2", "city", "region", "postal_code", "country")


class CustomerRows:
    """Reads the rows of one file. `names` are the staged columns it gives."""

    def __init__(self, mapping: Mapping, columns: dict[str, Column]) -> None:
        self.reader = CellReader(mapping, columns, pads=mapping.pads)
        self.used = {match.target for match in mapping.used}
        self.is_northwind = mapping.layout == "Northwind"
        self.nullable = [match.index for match in mapping.used if match.target not in NAMES]
        self.has_addresses = bool(self.used & {"address1", "billing", "shipping"})
        self.told: set[str] = set()
        self.custom = CustomReader(mapping)
        self.names = self._names()

    def _names(self) -> list[str]:
        names = [name for name in (*KEPT_AS_READ, "language", "tags") if name in self.used]
        if self.used & NAMES:
            names.append("name")
        if self.used & {"kind", "is_company"} or self.is_northwind:
            names.append("kind")
        names.append("spare_name")
        for target, given in (
            ("emails", EMAILS),
            ("phones", PHONES),
            ("other_phones", ("address_phone", "billing", "shipping")),
        ):
            if self.used & set(given):
                names += [target, f"raw_{target}"]
        if self.custom.is_used:
            names += CUSTOM
        return [*names, "addresses"] if self.has_addresses else names

    def read(self, rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[Any, ...]]:
        nothing = (None,) * len(self.names)
        self.nulls: set[int] = set()
        for number, values, problems in self.reader.read(self._without_nulls(rows)):
            if number in self.nulls:
                self._once(problems, "null", "", "NULL", _("NULL is read as a blank cell, here and in all rows."))
            if values is None:
                yield (number, problems, *nothing)
                continue
            made = self._row(values, problems)
            yield (number, problems or None, *(made[name] for name in self.names))

    def _without_nulls(self, rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
        """What databases write for an empty value is none; but somebody may be called Null."""
        for number, cells in rows:
            if not NOTHING.isdisjoint(cells):
                for index in self.nullable:
                    if index < len(cells) and cells[index] in NOTHING:
                        cells[index] = ""
                        self.nulls.add(number)
            yield number, cells

    def _once(self, problems: Problems, key: str, column: str, value: str, sentence: str) -> None:
        """A warning at the first row that it concerns."""
        if key not in self.told:
            self.told.add(key)
            problems.append(warning(column, value, sentence))

    def _row(self, values: Values, problems: Problems) -> dict[str, Any]:
        made: dict[str, Any] = {name: values.get(name) for name in KEPT_AS_READ}
        made["tags"] = clean_tags(values.get("tags") or [])
        made["language"] = self._language(values.get("language") or "", problems)
        made["name"] = name = values.get("name") or full_name(values.get("first_name"), values.get("last_name"))
        made["kind"] = self._kind(values)
        addresses = self._addresses(values, name, problems)
        region = next((a["country"] for a in addresses if a["country"]), "") or values.get("country") or ""
        emails = self._emails(values, problems)
        may_warn = bool(emails or values.get("external_id") or values.get("number"))
        phones = self._phones([(n, values.get(n)) for n in PHONES], region, problems, may_warn)
        spare = self._phones([("address_phone", values.get("address_phone"))], region, problems, True)
        for address in addresses:
            spare += self._phones([(address["kind"], address["phone"])], address["country"], problems, True)
        spare = [(n, text) for n, text in dict(spare).items() if n not in dict(phones)]
        made |= {"emails": [n for n, _raw in emails], "raw_emails": [raw for _n, raw in emails]}
        made |= {"phones": [n for n, _raw in phones], "raw_phones": [raw for _n, raw in phones]}
        made |= {"other_phones": [n for n, _raw in spare], "raw_other_phones": [raw for _n, raw in spare]}
        raw = [text for _normalized, text in (*emails, *phones)]
        named = (values.get("company"), *raw, values.get("external_id"), values.get("number"))
        made["spare_name"] = next((text[:200] for text in named if text), "")
        if self.custom.is_used:
            made |= self.custom.take(values, problems)
        made["addresses"] = [kept for address in addresses if (kept := self._complete(address, problems))] or None
        return made

    def _kind(self, values: Values) -> str | None:
        given = values.get("kind")
        if given is None and values.get("is_company") is not None:
            given = "company" if values["is_company"] else "person"
        return "company" if given is None and self.is_northwind else given

    def _language(self, text: str, problems: Problems) -> str:
        if not text:
            return ""
        word = text.lower().replace("_", "-")
        code = LANGUAGES.get(word) or LANGUAGES.get(word.partition("-")[0], "")
        if not code:
            known = ", ".join(code for code, _name in settings.LANGUAGES)
            sentence = _("Houtai does not write in this language; it writes in %(known)s.") % {"known": known}
            problems.append(warning("language", text, sentence))
        return code

    # --- Contacts -------------------------------------------------------------------------------

    def _emails(self, values: Values, problems: Problems) -> list[tuple[str, str]]:
        found = dict(values.get("email") or [])
        for text in values.get("other_emails") or []:
            try:
                found.setdefault(normalize_email(text), text)
            except ValidationError as refusal:
                problems.append(error("other_emails", text, " ".join(refusal.messages)))
        return list(found.items())

    def _phones(
        self, given: Sequence[tuple[str, Any]], region: str, problems: Problems, may_warn: bool
    ) -> list[tuple[str, str]]:
        """Numbers in their one form. One that cannot be dialled is left out and said so, unless the row has nothing else."""
        found: dict[str, str] = {}
        for name, value in given:
            for text in _numbers(value if isinstance(value, list) else [value] if value else [], region):
                try:
                    found.setdefault(normalize_phone(text, region), text)
                except ValidationError as refusal:
                    sentence = " ".join(refusal.messages)
                    if may_warn:
                        problems.append(warning(name, text, _("%(why)s It is not kept.") % {"why": sentence}))
                    else:
                        problems.append(error(name, text, sentence))
        return list(found.items())

    # --- Addresses ------------------------------------------------------------------------------

    def _addresses(self, values: Values, name: str, problems: Problems) -> list[dict[str, Any]]:
        """What the row says of addresses, complete or not."""
        found = []
        main = {
            part: values.get(column) or ""
            for part, column in zip(("line1", "line2", *ADDRESS[2:]), ADDRESS, strict=True)
        }
        district = values.get("district") or ""
        if district and main["line1"] and district not in main["line1"]:
            main["line1"] = f"{district}{'' if HAN.match(district) else ', '}{main['line1']}"
        if any(main.values()):
            main |= {"name": values.get("address_name") or "", "company": values.get("address_company") or ""}
            found.append(
                main | {"kind": values.get("address_kind"), "is_default": values.get("default_address"), "phone": ""}
            )
        for kind in ("shipping", "billing"):
            parts: dict[str, str] = {}
            for found_parts, text in values.get(kind) or []:
                key = PARTS[re.sub(r"address (\d)", r"address\1", found_parts[0])] if found_parts else "line1"
                parts[key] = parts.get(key) or text or ""
            if any(parts.values()):
                found.append(self._of_parts(kind, parts, problems))
        for address in found:
            if not address["country"] and HAN.match(address["region"]) and HAN.match(address["city"]):
                address["country"] = "CN"
                sentence = _("Chinese addresses without a country are taken for ones of China.")
                self._once(problems, "china", "country", "", sentence)
        return found

    def _of_parts(self, kind: str, parts: dict[str, str], problems: Problems) -> dict[str, Any]:
        address: dict[str, Any] = {
            part: parts.get(part, "") for part in ("line1", "line2", *ADDRESS[2:], "company", "phone")
        }
        try:
            address["country"] = countries.code_of(address["country"]) if address["country"] else ""
        except ValidationError as refusal:
            problems.append(error(kind, address["country"], " ".join(refusal.messages)))
        name = full_name(parts.get("first_name"), parts.get("last_name"))
        return address | {"kind": kind, "name": name, "is_default": None}

    def _complete(self, address: dict[str, Any], problems: Problems) -> dict[str, Any] | None:
        """The address, unless what every address needs is missing."""
        kind = address["kind"] or "address1"
        if not self.has_addresses:
            if address["city"] or address["postal_code"]:
                self._once(problems, "street", "address1", "", _("Addresses are not kept: the file has no streets."))
            return None
        needed = {"line1": _("street"), "city": _("city"), "country": _("country")}
        missing = [label for part, label in needed.items() if not address[part]]
        if missing:
            sentence = _("The address is not kept, this is missing: %(parts)s.") % {"parts": ", ".join(missing)}
            problems.append(warning(kind, address["line1"], sentence))
            return None
        for part, limit in LENGTHS.items():
            if len(address[part]) > limit:
                sentence = _("The text has %(length)s characters; %(limit)s are the limit.")
                problems.append(error(kind, address[part], sentence % {"length": len(address[part]), "limit": limit}))
        return {part: value for part, value in address.items() if part != "phone" and value is not None}


def _numbers(texts: Sequence[str], region: str) -> list[str]:
    """The phone numbers in cells, where several stand in one cell each of them, if one alone can be dialled."""
    found: list[str] = []
    for text in texts:
        parts = [one for part in SEVERAL.split(text) for one in _by_slash(part, region) if one]
        found += parts if len(parts) > 1 and any(_is_number(part, region) for part in parts) else [text]
    return found


def _by_slash(text: str, region: str) -> list[str]:
    """ "030/901820" is one number, "030 901820 / 030 901821" are two."""
    return [text] if _is_number(text, region) else [part.strip() for part in text.split("/")]


def _is_number(text: str, region: str) -> bool:
    try:
        return bool(normalize_phone(text, region))
    except ValidationError:
        return False


def full_name(first: str | None, last: str | None) -> str:
    """ "Jane" and "Doe" are "Jane Doe", "小明" and "王" are "王小明"."""
    parts = [part for part in (first, last) if part]
    if len(parts) == 2 and all(HAN.fullmatch(part) for part in parts):
        return f"{last}{first}"
    return " ".join(parts)[:200]
