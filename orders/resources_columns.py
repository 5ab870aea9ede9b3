"""Words and columns of order files: states in the words of other systems, shares, amounts and parts of addresses."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.resources import (
    FALSE,
    TRUE,
    ChoiceColumn,
    DateTimeColumn,
    MoneyColumn,
    NumberColumn,
    TextColumn,
    WholeColumn,
)

NOTHING = frozenset(["null", "none", "nan", "-", "n/a"])
STATUS = {
    **dict.fromkeys(["closed", "completed", "complete", "done", "delivered", "shipped", "fulfilled", "locked", "已完成", "已发货", "已签收", "交易成功"], "done"),
    **dict.fromkeys(
        ["open", "draft", "new", "placed", "created", "confirmed", "approved", "processing", "in progress", "invoiced", "pending", "on hold",
         "pending payment", "quotation", "quotation sent", "sales order", "sale", "待付款", "待发货", "已付款", "处理中"], "open"
    ),
    **dict.fromkeys(["canceled", "cancelled", "cancel", "failed", "unavailable", "voided", "已取消", "已关闭", "交易关闭"], "canceled"),
    **dict.fromkeys(["refunded", "已退款"], "refunded"),
}  # fmt: skip
FINANCIAL = {
    **dict.fromkeys(["paid", "captured", "completed", "settled", "in payment", "overcharged", "已支付", "已付款"], "paid"),
    **dict.fromkeys(["partially paid", "partial", "部分支付", "部分付款"], "partially_paid"),
    **dict.fromkeys(["pending", "unpaid", "not paid", "open", "未支付", "未付款", "待付款"], "pending"),
    **dict.fromkeys(["authorized", "pre-authorized", "已授权"], "authorized"),
    **dict.fromkeys(["voided", "expired", "已作废"], "voided"),
    **dict.fromkeys(["refunded", "已退款"], "refunded"),
    **dict.fromkeys(["partially refunded", "部分退款"], "partially_refunded"),
}  # fmt: skip
FULFILMENT = {
    **dict.fromkeys(["fulfilled", "shipped", "delivered", "fully delivered", "complete", "completed", "done", "restocked", "已发货", "已签收"], "fulfilled"),
    **dict.fromkeys(["partial", "partially fulfilled", "partially shipped", "partially delivered", "started", "部分发货"], "partial"),
    **dict.fromkeys(["unfulfilled", "unshipped", "not shipped", "not delivered", "not started", "pending", "open", "scheduled", "on hold",
                     "in progress", "processing", "未发货", "待发货"], "unfulfilled"),
}  # fmt: skip
KINDS = {
    **dict.fromkeys(["sale", "capture", "payment", "charge"], "in"),
    **dict.fromkeys(["refund"], "out"),
    **dict.fromkeys(["authorization", "void", "change", "emv authorization"], "none"),
}
BACK = frozenset(
    ["return", "returns", "refund", "credit", "credit note", "credit memo", "creditnote", "cancellation", "cancelation", "reversal", "cn", "cm", "cr",
     "gutschrift", "retoure", "storno", "stornorechnung", "退货", "退款", "退货单", "退款单", "红字", "冲销"]
)  # fmt: skip
OUTCOMES = {
    **dict.fromkeys(["success", "successful", "succeeded", "completed", "settled", "ok"], "done"),
    **dict.fromkeys(["failure", "failed", "error", "pending", "canceled", "cancelled", "voided"], "failed"),
}


class WordColumn(TextColumn):
    """Text; the words of other programs for nothing are nothing."""

    def read(self, text: str, decimal: str = ".") -> Any:
        return "" if text.strip().lower() in NOTHING else super().read(text, decimal)


class NumberTextColumn(WordColumn):
    """A number that names somebody; programs that count write 17850 as 17850.0."""

    def read(self, text: str, decimal: str = ".") -> Any:
        value = super().read(text, decimal)
        return value[:-2] if value.endswith(".0") and value[:-2].isdigit() else value


class StateColumn(ChoiceColumn):
    """A state in the words of other systems; underscores and hyphens are blanks."""

    def read(self, text: str, decimal: str = ".") -> Any:
        word = re.sub(r"[_-]+", " ", text.strip())
        return None if text.strip().lower() in NOTHING else super().read(word, decimal)


class PercentColumn(NumberColumn):
    """A share: 10 and 10% are a tenth."""

    kind = gettext_lazy("percent")

    def __init__(self, label: Any = "", **kwargs: Any) -> None:
        super().__init__(label, **{"places": 4, **kwargs})

    def read(self, text: str, decimal: str = ".") -> Any:
        return self.bounded(super().read(text.strip().removesuffix("%").strip() or text, decimal))

    def bounded(self, value: Decimal) -> Decimal:
        if value > 100:
            raise ValidationError(_("A discount is at most 100 %."))
        return value


class ShareColumn(PercentColumn):
    """A share as a fraction: 0.1 is a tenth."""

    kind = gettext_lazy("number")

    def bounded(self, value: Decimal) -> Decimal:
        return super().bounded(100 * value)


class CurrencyColumn(WordColumn):
    def read(self, text: str, decimal: str = ".") -> Any:
        value = super().read(text, decimal).upper()
        if value and not re.fullmatch(r"[A-Z]{3}", value):
            raise ValidationError(_("A currency has three letters, such as EUR."))
        return value


class MomentColumn(DateTimeColumn):
    """A moment as everywhere; the words of other programs for nothing are none."""

    def read(self, text: str, decimal: str = ".") -> Any:
        return None if text.strip().lower() in NOTHING else super().read(text, decimal).isoformat()


class PiecesColumn(WholeColumn):
    digits = 9

    def __init__(self, label: Any = "", **kwargs: Any) -> None:
        super().__init__(label, **{"minimum": None, **kwargs})


class AmountColumn(MoneyColumn):
    def read(self, text: str, decimal: str = ".") -> Any:
        return None if text.strip().lower() in NOTHING else super().read(text, decimal)


class DocumentColumn(WordColumn):
    """The kind of document that a row is of: True where goods come back. Words that say nothing about it are passed over."""

    kind = gettext_lazy("choice")

    def read(self, text: str, decimal: str = ".") -> Any:
        return re.sub(r"[\s_-]+", " ", text.strip().lower()) in BACK


class CreditColumn(AmountColumn):
    """Whether a row is a credit: yes or no, a word for such a document, or the amount that is credited."""

    def read(self, text: str, decimal: str = ".") -> Any:
        word = re.sub(r"[\s_-]+", " ", text.strip().lower())
        if word in TRUE or word in BACK:
            return True
        if word in FALSE:
            return False
        try:
            return super().read(text, decimal)
        except ValidationError:
            return False


class AddressColumn(WordColumn):
    """A part of an address; which one stands in the header."""

    many = True


class ManyAmountsColumn(AmountColumn):
    """Amounts of several columns that are added up."""

    many = True
