"""Returns of before know the value of what arrived and what was refunded; reasons and carriers to begin with."""

from django.db import migrations

from backoffice.money import MINOR_UNITS

DIGITS = f"CASE o.currency {' '.join(f'WHEN {code!r} THEN {digits}' for code, digits in MINOR_UNITS.items())} ELSE 2 END"
# What was refunded beyond the value counts as value: it was agreed upon, and no refund is taken back here.
VALUES = f"""
    WITH worth AS (
        SELECT l.id, l.order_return_id, (v.track_stock IS TRUE)::int * l.damaged AS scrapped,
               CASE WHEN n.quantity > n.canceled
                    THEN round(n.gross * (l.resellable + l.damaged) / (n.quantity - n.canceled), {DIGITS}) ELSE 0 END AS value,
               row_number() OVER (PARTITION BY l.order_return_id ORDER BY l.id) AS place
        FROM orders_returnline l
        JOIN orders_orderline n ON n.id = l.order_line_id
        JOIN orders_order o ON o.id = n.order_id
        LEFT JOIN catalog_variant v ON v.id = n.variant_id
    ), given AS (
        SELECT r.order_return_id, sum(r.amount) AS amount,
               (SELECT coalesce(sum(w.value), 0) FROM worth w WHERE w.order_return_id = r.order_return_id) AS value
        FROM orders_refund r WHERE r.order_return_id IS NOT NULL GROUP BY r.order_return_id
    )
    UPDATE orders_returnline l
    SET scrapped = w.scrapped, value = w.value + CASE WHEN w.place = 1 THEN greatest(coalesce(g.amount - g.value, 0), 0) ELSE 0 END
    FROM worth w LEFT JOIN given g ON g.order_return_id = w.order_return_id
    WHERE w.id = l.id;
    UPDATE orders_return t SET refunded = r.amount
    FROM (SELECT order_return_id, sum(amount) AS amount FROM orders_refund WHERE order_return_id IS NOT NULL GROUP BY 1) r
    WHERE r.order_return_id = t.id;
"""  # noqa: S608 - no input
CAUSES = [
    ("too_small", "Too small", "尺码偏小"),
    ("too_large", "Too large", "尺码偏大"),
    ("damaged_on_arrival", "Damaged on arrival", "到货时已损坏"),
    ("defective", "Defective", "有质量问题"),
    ("wrong_article", "Wrong article", "发错商品"),
    ("changed_mind", "Changed mind", "不想要了"),
    ("other", "Other", "其他"),
]
CARRIERS = [
    ("DHL", "https://www.dhl.com/global-en/home/tracking/tracking-parcel.html?submit=1&tracking-id={number}"),
    ("DPD", "https://tracking.dpd.de/status/en_US/parcel/{number}"),
    ("FedEx", "https://www.fedex.com/fedextrack/?trknbr={number}"),
    ("GLS", "https://gls-group.com/track/{number}"),
    ("Royal Mail", "https://www.royalmail.com/track-your-item#/tracking-results/{number}"),
    ("SF Express", "https://www.sf-express.com/we/ow/chn/sc/waybill/waybill-detail/{number}"),
    ("UPS", "https://www.ups.com/track?tracknum={number}"),
    ("USPS", "https://tools.usps.com/go/TrackConfirmAction?tLabels={number}"),
]


def begin(apps, schema_editor):
    cause, carrier = apps.get_model("orders", "ReturnCause"), apps.get_model("orders", "Carrier")
    for position, (code, name, name_zh) in enumerate(CAUSES):
        cause.objects.create(code=code, name=name, name_zh=name_zh, position=position * 10)
    carrier.objects.bulk_create(carrier(name=name, tracking_url=url) for name, url in CARRIERS)


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_returns")]

    operations = [
        migrations.RunSQL(VALUES, migrations.RunSQL.noop),
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]
