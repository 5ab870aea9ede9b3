"""Authorizations, refunds that are granted first, holds, tax by region, and derived statuses that triggers prove."""

from pathlib import Path

import backoffice.money
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from backoffice.numbering import CreateSequence
from backoffice.schema import Together

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('backoffice', '0016_api_answers'),
        ('customers', '0004_price_group'),
        ('orders', '0009_papers'),
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together([
        CreateSequence("RF"),
        migrations.RunSQL(
            (SQL / "statuses.sql").read_text(),
            """
            DROP FUNCTION orders_goods_must_agree(bigint);
            DROP FUNCTION orders_payment_must_agree(bigint);
            DROP FUNCTION orders_payment_status(text, numeric, numeric, numeric, numeric, numeric);
            """,
        ),
        migrations.RunSQL("UPDATE orders_taxrate SET country = upper(country) WHERE country <> upper(country)", migrations.RunSQL.noop),
        migrations.RunSQL("DROP FUNCTION IF EXISTS orders_ask(text, bigint[])", migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "placing.sql").read_text(), migrations.RunSQL.noop),
        migrations.CreateModel(
            name='Authorization',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', backoffice.money.MoneyField(decimal_places=3, max_digits=15, verbose_name='amount')),
                ('method', models.CharField(max_length=40, verbose_name='method')),
                ('reference', models.CharField(blank=True, max_length=100, verbose_name='reference')),
                ('key', models.CharField(editable=False, max_length=64, null=True, unique=True)),
                ('captured', backoffice.money.MoneyField(decimal_places=3, default=0, editable=False, max_digits=15, verbose_name='captured')),
                ('voided', backoffice.money.MoneyField(decimal_places=3, default=0, editable=False, max_digits=15, verbose_name='voided')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
            ],
            options={
                'verbose_name': 'authorization',
                'verbose_name_plural': 'authorizations',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='AuthorizationVoid',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', backoffice.money.MoneyField(decimal_places=3, max_digits=15, verbose_name='amount')),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('key', models.CharField(editable=False, max_length=64, null=True, unique=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
            ],
            options={
                'verbose_name': 'voided authorization',
                'verbose_name_plural': 'voided authorizations',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='OrderHold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('payment', 'Payment to be clarified'), ('address', 'Address to be clarified'), ('fraud', 'Suspicion of fraud'), ('stock', 'Stock to be clarified')], max_length=10, verbose_name='kind')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('released_at', models.DateTimeField(blank=True, null=True, verbose_name='released')),
                ('released_because', models.CharField(blank=True, max_length=300, verbose_name='released because')),
            ],
            options={
                'verbose_name': 'hold',
                'verbose_name_plural': 'holds',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='OrderHoldHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('kind', models.CharField(choices=[('payment', 'Payment to be clarified'), ('address', 'Address to be clarified'), ('fraud', 'Suspicion of fraud'), ('stock', 'Stock to be clarified')], max_length=10, verbose_name='kind')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('released_at', models.DateTimeField(blank=True, null=True, verbose_name='released')),
                ('released_because', models.CharField(blank=True, max_length=300, verbose_name='released because')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RefundGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=40, unique=True, verbose_name='number')),
                ('status', models.CharField(choices=[('asked', 'To approve'), ('granted', 'To execute'), ('executed', 'Executed'), ('failed', 'Failed'), ('refused', 'Not approved')], default='granted', max_length=10, verbose_name='status')),
                ('amount', backoffice.money.MoneyField(decimal_places=3, max_digits=15, verbose_name='amount')),
                ('method', models.CharField(max_length=40, verbose_name='method')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('key', models.CharField(editable=False, max_length=64, null=True, unique=True)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='asked for')),
                ('granted_at', models.DateTimeField(blank=True, null=True, verbose_name='granted')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('failure', models.CharField(blank=True, max_length=300, verbose_name='why it failed')),
            ],
            options={
                'verbose_name': 'refund',
                'verbose_name_plural': 'refunds',
                'ordering': ['-pk'],
                'permissions': [('approve_refund', 'Can approve refunds above the limit'), ('execute_refund', 'Can say that a refund was sent or failed')],
            },
        ),
        migrations.CreateModel(
            name='RefundGrantHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('number', models.CharField(max_length=40, verbose_name='number')),
                ('status', models.CharField(choices=[('asked', 'To approve'), ('granted', 'To execute'), ('executed', 'Executed'), ('failed', 'Failed'), ('refused', 'Not approved')], default='granted', max_length=10, verbose_name='status')),
                ('amount', backoffice.money.MoneyField(decimal_places=3, max_digits=15, verbose_name='amount')),
                ('method', models.CharField(max_length=40, verbose_name='method')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('key', models.CharField(editable=False, max_length=64, null=True)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='asked for')),
                ('granted_at', models.DateTimeField(blank=True, null=True, verbose_name='granted')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('failure', models.CharField(blank=True, max_length=300, verbose_name='why it failed')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AlterModelOptions(
            name='taxrate',
            options={'ordering': ['tax_class', 'country', 'region'], 'verbose_name': 'tax rate', 'verbose_name_plural': 'tax rates'},
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='order',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='order',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='order',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='payment',
            name='adds_to_paid',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='refund',
            name='adds_to_refunded',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='taxrate',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='taxrate',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='taxrate',
            name='delete_delete',
        ),
        migrations.RemoveConstraint(
            model_name='order',
            name='order_refund_within_paid',
        ),
        migrations.RemoveConstraint(
            model_name='taxrate',
            name='tax_rate_once',
        ),
        migrations.RemoveIndex(
            model_name='order',
            name='order_to_pay',
        ),
        migrations.AddField(
            model_name='order',
            name='authorized',
            field=backoffice.money.MoneyField(db_default=0, decimal_places=3, default=0, editable=False, max_digits=15, verbose_name='authorized'),
        ),
        migrations.AddField(
            model_name='order',
            name='on_hold',
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name='on hold'),
        ),
        migrations.AddField(
            model_name='order',
            name='refund_granted',
            field=backoffice.money.MoneyField(db_default=0, decimal_places=3, default=0, editable=False, max_digits=15, verbose_name='refund granted'),
        ),
        migrations.AddField(
            model_name='order',
            name='voided',
            field=backoffice.money.MoneyField(db_default=0, decimal_places=3, default=0, editable=False, max_digits=15, verbose_name='voided'),
        ),
        migrations.AddField(
            model_name='orderhistory',
            name='authorized',
            field=backoffice.money.MoneyField(db_default=0, decimal_places=3, default=0, editable=False, max_digits=15, verbose_name='authorized'),
        ),
        migrations.AddField(
            model_name='orderhistory',
            name='on_hold',
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name='on hold'),
        ),
        migrations.AddField(
            model_name='orderhistory',
            name='refund_granted',
            field=backoffice.money.MoneyField(db_default=0, decimal_places=3, default=0, editable=False, max_digits=15, verbose_name='refund granted'),
        ),
        migrations.AddField(
            model_name='orderhistory',
            name='voided',
            field=backoffice.money.MoneyField(db_default=0, decimal_places=3, default=0, editable=False, max_digits=15, verbose_name='voided'),
        ),
        migrations.AddField(
            model_name='taxrate',
            name='region',
            field=models.CharField(blank=True, default='', help_text='Code of the state or province as addresses say it, such as CA; blank for the whole country.', max_length=20, verbose_name='region'),
        ),
        migrations.AddField(
            model_name='taxratehistory',
            name='region',
            field=models.CharField(blank=True, default='', help_text='Code of the state or province as addresses say it, such as CA; blank for the whole country.', max_length=20, verbose_name='region'),
        ),
        migrations.AlterField(
            model_name='order',
            name='payment_status',
            field=models.CharField(choices=[('none', 'Unpaid'), ('authorized', 'Authorized'), ('voided', 'Authorization voided'), ('partially_paid', 'Partly paid'), ('paid', 'Paid'), ('overcharged', 'Overpaid'), ('partially_refunded', 'Partly refunded'), ('refunded', 'Refunded')], default='none', max_length=20, verbose_name='payment'),
        ),
        migrations.AlterField(
            model_name='orderhistory',
            name='payment_status',
            field=models.CharField(choices=[('none', 'Unpaid'), ('authorized', 'Authorized'), ('voided', 'Authorization voided'), ('partially_paid', 'Partly paid'), ('paid', 'Paid'), ('overcharged', 'Overpaid'), ('partially_refunded', 'Partly refunded'), ('refunded', 'Refunded')], default='none', max_length=20, verbose_name='payment'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('on_hold', True)), fields=['-placed_at', '-id'], name='order_on_hold'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('payment_status__in', ['none', 'voided', 'partially_paid']), ('status', 'placed')), fields=['placed_at', 'id'], name='order_to_pay'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='fulfilment',
            trigger=pgtrigger.compiler.Trigger(name='refuses_held_orders', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF (CASE WHEN TG_OP = 'INSERT' THEN NEW.status <> 'canceled' AND NEW.hold_reason = ''\n                     ELSE (NEW.status <> OLD.status AND NEW.status IN ('packed', 'shipped'))\n                          OR (NEW.wave_id IS NOT NULL AND NEW.wave_id IS DISTINCT FROM OLD.wave_id) END)\n               AND EXISTS (SELECT FROM orders_order WHERE id = NEW.order_id AND on_hold) THEN\n                RAISE EXCEPTION '% waits: its order is on hold.', NEW.number USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='a58591cd163fab16d35be8fd5806954de06198db', operation='INSERT OR UPDATE OF "status", "wave_id"', pgid='pgtrigger_refuses_held_orders_bb876', table='orders_fulfilment', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='payment_status_agrees', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.payment_status <> orders_payment_status(NEW.status, NEW.total, NEW.paid, NEW.refunded, NEW.authorized, NEW.voided))', constraint='CONSTRAINT', func='PERFORM orders_payment_must_agree(NEW.id); RETURN NULL;', hash='3918963dd169af0d2aafd8574c7901107e0bdde5', operation='INSERT OR UPDATE OF "status", "payment_status", "total", "paid", "refunded", "authorized", "voided"', pgid='pgtrigger_payment_status_agrees_b2f49', table='orders_order', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='goods_statuses_agree', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN ((OLD.fulfilment_status, OLD.return_status) IS DISTINCT FROM (NEW.fulfilment_status, NEW.return_status))', constraint='CONSTRAINT', func='PERFORM orders_goods_must_agree(NEW.id); RETURN NULL;', hash='ca3c28a6f3c0170e5199c3dfcd778ed89c2a223b', operation='UPDATE OF "fulfilment_status", "return_status"', pgid='pgtrigger_goods_statuses_agree_e7cfa', table='orders_order', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_orderhistory" ("authorized", "billing_address", "cancel_reason", "canceled_at", "closed_at", "created_at", "created_by_id", "currency", "customer_id", "customer_name", "discount", "email", "fulfilment_status", "id", "language", "note", "number", "on_hold", "paid", "payment_status", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "placed_at", "prices_include_tax", "refund_granted", "refunded", "return_status", "shipping", "shipping_address", "shipping_tax_rate", "source", "source_number", "status", "subtotal", "tags", "tax", "total", "updated_at", "voided") SELECT new_values."authorized", new_values."billing_address", new_values."cancel_reason", new_values."canceled_at", new_values."closed_at", new_values."created_at", new_values."created_by_id", new_values."currency", new_values."customer_id", new_values."customer_name", new_values."discount", new_values."email", new_values."fulfilment_status", new_values."id", new_values."language", new_values."note", new_values."number", new_values."on_hold", new_values."paid", new_values."payment_status", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."phone", new_values."placed_at", new_values."prices_include_tax", new_values."refund_granted", new_values."refunded", new_values."return_status", new_values."shipping", new_values."shipping_address", new_values."shipping_tax_rate", new_values."source", new_values."source_number", new_values."status", new_values."subtotal", new_values."tags", new_values."tax", new_values."total", new_values."updated_at", new_values."voided" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='457f28528a1ef1aa8830cf40b49b7d41606ec5c4', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_eb763', referencing='REFERENCING NEW TABLE AS new_values ', table='orders_order', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_orderhistory" ("authorized", "billing_address", "cancel_reason", "canceled_at", "closed_at", "created_at", "created_by_id", "currency", "customer_id", "customer_name", "discount", "email", "fulfilment_status", "id", "language", "note", "number", "on_hold", "paid", "payment_status", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "placed_at", "prices_include_tax", "refund_granted", "refunded", "return_status", "shipping", "shipping_address", "shipping_tax_rate", "source", "source_number", "status", "subtotal", "tags", "tax", "total", "updated_at", "voided") SELECT new_values."authorized", new_values."billing_address", new_values."cancel_reason", new_values."canceled_at", new_values."closed_at", new_values."created_at", new_values."created_by_id", new_values."currency", new_values."customer_id", new_values."customer_name", new_values."discount", new_values."email", new_values."fulfilment_status", new_values."id", new_values."language", new_values."note", new_values."number", new_values."on_hold", new_values."paid", new_values."payment_status", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."phone", new_values."placed_at", new_values."prices_include_tax", new_values."refund_granted", new_values."refunded", new_values."return_status", new_values."shipping", new_values."shipping_address", new_values."shipping_tax_rate", new_values."source", new_values."source_number", new_values."status", new_values."subtotal", new_values."tags", new_values."tax", new_values."total", new_values."updated_at", new_values."voided" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."authorized" IS DISTINCT FROM (new_values."authorized") OR old_values."billing_address" IS DISTINCT FROM (new_values."billing_address") OR old_values."cancel_reason" IS DISTINCT FROM (new_values."cancel_reason") OR old_values."canceled_at" IS DISTINCT FROM (new_values."canceled_at") OR old_values."closed_at" IS DISTINCT FROM (new_values."closed_at") OR old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."created_by_id" IS DISTINCT FROM (new_values."created_by_id") OR old_values."currency" IS DISTINCT FROM (new_values."currency") OR old_values."customer_id" IS DISTINCT FROM (new_values."customer_id") OR old_values."customer_name" IS DISTINCT FROM (new_values."customer_name") OR old_values."discount" IS DISTINCT FROM (new_values."discount") OR old_values."email" IS DISTINCT FROM (new_values."email") OR old_values."fulfilment_status" IS DISTINCT FROM (new_values."fulfilment_status") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."language" IS DISTINCT FROM (new_values."language") OR old_values."note" IS DISTINCT FROM (new_values."note") OR old_values."number" IS DISTINCT FROM (new_values."number") OR old_values."on_hold" IS DISTINCT FROM (new_values."on_hold") OR old_values."paid" IS DISTINCT FROM (new_values."paid") OR old_values."payment_status" IS DISTINCT FROM (new_values."payment_status") OR old_values."phone" IS DISTINCT FROM (new_values."phone") OR old_values."placed_at" IS DISTINCT FROM (new_values."placed_at") OR old_values."prices_include_tax" IS DISTINCT FROM (new_values."prices_include_tax") OR old_values."refund_granted" IS DISTINCT FROM (new_values."refund_granted") OR old_values."refunded" IS DISTINCT FROM (new_values."refunded") OR old_values."return_status" IS DISTINCT FROM (new_values."return_status") OR old_values."shipping" IS DISTINCT FROM (new_values."shipping") OR old_values."shipping_address" IS DISTINCT FROM (new_values."shipping_address") OR old_values."shipping_tax_rate" IS DISTINCT FROM (new_values."shipping_tax_rate") OR old_values."source" IS DISTINCT FROM (new_values."source") OR old_values."source_number" IS DISTINCT FROM (new_values."source_number") OR old_values."status" IS DISTINCT FROM (new_values."status") OR old_values."subtotal" IS DISTINCT FROM (new_values."subtotal") OR old_values."tags" IS DISTINCT FROM (new_values."tags") OR old_values."tax" IS DISTINCT FROM (new_values."tax") OR old_values."total" IS DISTINCT FROM (new_values."total") OR old_values."updated_at" IS DISTINCT FROM (new_values."updated_at") OR old_values."voided" IS DISTINCT FROM (new_values."voided")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='07798078e27b00733530a3de1898a50fa28de539', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_d4b84', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='orders_order', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_orderhistory" ("authorized", "billing_address", "cancel_reason", "canceled_at", "closed_at", "created_at", "created_by_id", "currency", "customer_id", "customer_name", "discount", "email", "fulfilment_status", "id", "language", "note", "number", "on_hold", "paid", "payment_status", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "placed_at", "prices_include_tax", "refund_granted", "refunded", "return_status", "shipping", "shipping_address", "shipping_tax_rate", "source", "source_number", "status", "subtotal", "tags", "tax", "total", "updated_at", "voided") SELECT old_values."authorized", old_values."billing_address", old_values."cancel_reason", old_values."canceled_at", old_values."closed_at", old_values."created_at", old_values."created_by_id", old_values."currency", old_values."customer_id", old_values."customer_name", old_values."discount", old_values."email", old_values."fulfilment_status", old_values."id", old_values."language", old_values."note", old_values."number", old_values."on_hold", old_values."paid", old_values."payment_status", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."phone", old_values."placed_at", old_values."prices_include_tax", old_values."refund_granted", old_values."refunded", old_values."return_status", old_values."shipping", old_values."shipping_address", old_values."shipping_tax_rate", old_values."source", old_values."source_number", old_values."status", old_values."subtotal", old_values."tags", old_values."tax", old_values."total", old_values."updated_at", old_values."voided" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='9fe4b3ae1ce9d68a4d6587a0e35c659ab4ecc8ea', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_709b4', referencing='REFERENCING OLD TABLE AS old_values ', table='orders_order', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='goods_statuses_agree', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN ((OLD.quantity, OLD.requires_shipping, OLD.fulfilled, OLD.canceled, OLD.returned) IS DISTINCT FROM (NEW.quantity, NEW.requires_shipping, NEW.fulfilled, NEW.canceled, NEW.returned))', constraint='CONSTRAINT', func='PERFORM orders_goods_must_agree(NEW.order_id); RETURN NULL;', hash='2ec35cb4f058889f798cc39f030e29f23b44215a', operation='UPDATE OF "quantity", "requires_shipping", "fulfilled", "canceled", "returned"', pgid='pgtrigger_goods_statuses_agree_1243e', table='orders_orderline', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='payment',
            trigger=pgtrigger.compiler.Trigger(name='adds_to_paid', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                UPDATE orders_order o SET paid = o.paid + a.amount, authorized = o.authorized - a.captured, updated_at = now()\n                FROM (SELECT order_id, sum(amount) AS amount,\n                             coalesce(sum(amount) FILTER (WHERE authorization_id IS NOT NULL), 0) AS captured\n                      FROM added GROUP BY order_id) a\n                WHERE o.id = a.order_id;\n                IF EXISTS (SELECT FROM added WHERE authorization_id IS NOT NULL) THEN\n                    UPDATE orders_authorization t SET captured = t.captured + a.amount\n                    FROM (SELECT authorization_id, sum(amount) AS amount FROM added GROUP BY authorization_id) a\n                    WHERE t.id = a.authorization_id;\n                    IF EXISTS (SELECT FROM added p JOIN orders_authorization t ON t.id = p.authorization_id\n                               WHERE t.order_id <> p.order_id) THEN\n                        RAISE EXCEPTION 'An authorization pays no other order than its own.' USING ERRCODE = 'check_violation';\n                    END IF;\n                END IF;\n                 RETURN NULL;", hash='a30be59ff447f731e3a7670ce016be3396cdf5be', level='STATEMENT', operation='INSERT', pgid='pgtrigger_adds_to_paid_ce7b7', referencing='REFERENCING NEW TABLE AS added ', table='orders_payment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refund',
            trigger=pgtrigger.compiler.Trigger(name='adds_to_refunded', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                IF EXISTS (SELECT FROM added WHERE grant_id IS NOT NULL) THEN\n                    IF EXISTS (SELECT FROM added r JOIN orders_refundgrant g ON g.id = r.grant_id\n                               WHERE (g.order_id, g.amount) <> (r.order_id, r.amount)) THEN\n                        RAISE EXCEPTION 'A refund is of the order and the amount that were granted.'\n                        USING ERRCODE = 'check_violation';\n                    END IF;\n                    UPDATE orders_refundgrant g SET status = 'executed' FROM added r WHERE g.id = r.grant_id;\n                END IF;\n                UPDATE orders_order o SET refunded = o.refunded + a.amount, updated_at = now()\n                FROM (SELECT order_id, sum(amount) AS amount FROM added GROUP BY order_id) a WHERE o.id = a.order_id;\n                 RETURN NULL;", hash='e5bcdd403e375b18f5688ea9f1570a17bfb52bcc', level='STATEMENT', operation='INSERT', pgid='pgtrigger_adds_to_refunded_94769', referencing='REFERENCING NEW TABLE AS added ', table='orders_refund', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='return',
            trigger=pgtrigger.compiler.Trigger(name='goods_statuses_agree', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func='PERFORM orders_goods_must_agree(NEW.order_id); RETURN NULL;', hash='89b2b8d9bceecb5af135200ddbecb87e11aa5b06', operation='INSERT OR UPDATE OF "status"', pgid='pgtrigger_goods_statuses_agree_bcbf1', table='orders_return', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='taxrate',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_taxratehistory" ("country", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rate", "region", "tax_class") SELECT new_values."country", new_values."id", new_values."name", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."rate", new_values."region", new_values."tax_class" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='bf5f2a0f031f32e79f98a19b4284973fadc5250d', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_3d2d6', referencing='REFERENCING NEW TABLE AS new_values ', table='orders_taxrate', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='taxrate',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_taxratehistory" ("country", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rate", "region", "tax_class") SELECT new_values."country", new_values."id", new_values."name", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."rate", new_values."region", new_values."tax_class" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='ba64154952bb104df3e5d4687dcd09be28900e35', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_dbff5', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='orders_taxrate', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='taxrate',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_taxratehistory" ("country", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rate", "region", "tax_class") SELECT old_values."country", old_values."id", old_values."name", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."rate", old_values."region", old_values."tax_class" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='555c21e20855015982301c3ddf5df3a217b0098a', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_0ee9b', referencing='REFERENCING OLD TABLE AS old_values ', table='orders_taxrate', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('paid__gte', django.db.models.expressions.CombinedExpression(models.F('refunded'), '+', models.F('refund_granted')))), name='order_refund_within_paid', violation_error_message='Refunds cannot exceed what was paid.'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('authorized__gte', 0), ('voided__gte', 0), ('refund_granted__gte', 0)), name='order_promises_not_negative', violation_error_message='Amounts cannot be negative.'),
        ),
        migrations.AddConstraint(
            model_name='taxrate',
            constraint=models.UniqueConstraint(fields=('tax_class', 'country', 'region'), name='tax_rate_once', violation_error_message='There is a rate for this class, country and region already.'),
        ),
        migrations.AddConstraint(
            model_name='taxrate',
            constraint=models.CheckConstraint(condition=models.Q(('region', ''), models.Q(('country', ''), _negated=True), _connector='OR'), name='tax_rate_region_of_country', violation_error_message='Say which country the region belongs to.'),
        ),
        migrations.AddConstraint(
            model_name='taxrate',
            constraint=models.CheckConstraint(condition=models.Q(('country', django.db.models.functions.text.Upper('country')), ('region', django.db.models.functions.text.Upper('region'))), name='tax_rate_capitals', violation_error_message='Write country and region in capitals.'),
        ),
        migrations.AddField(
            model_name='authorization',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='authorization',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='authorizations', to='orders.order', verbose_name='order'),
        ),
        migrations.AddField(
            model_name='payment',
            name='authorization',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='captures', to='orders.authorization', verbose_name='authorization'),
        ),
        migrations.AddField(
            model_name='authorizationvoid',
            name='authorization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='voids', to='orders.authorization', verbose_name='authorization'),
        ),
        migrations.AddField(
            model_name='authorizationvoid',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='orderhold',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='orderhold',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='orders.order', verbose_name='order'),
        ),
        migrations.AddField(
            model_name='orderhold',
            name='released_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='released by'),
        ),
        migrations.AddField(
            model_name='orderholdhistory',
            name='by',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='orderholdhistory',
            name='order',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.order', verbose_name='order'),
        ),
        migrations.AddField(
            model_name='orderholdhistory',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='orderholdhistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='orders.orderhold'),
        ),
        migrations.AddField(
            model_name='orderholdhistory',
            name='released_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='released by'),
        ),
        migrations.AddField(
            model_name='refundgrant',
            name='approval',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='backoffice.approval', verbose_name='approval'),
        ),
        migrations.AddField(
            model_name='refundgrant',
            name='asked_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked for by'),
        ),
        migrations.AddField(
            model_name='refundgrant',
            name='ended_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='ended by'),
        ),
        migrations.AddField(
            model_name='refundgrant',
            name='granted_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='granted by'),
        ),
        migrations.AddField(
            model_name='refundgrant',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refund_grants', to='orders.order', verbose_name='order'),
        ),
        migrations.AddField(
            model_name='refundgrant',
            name='order_return',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refund_grants', to='orders.return', verbose_name='return'),
        ),
        migrations.AddField(
            model_name='refund',
            name='grant',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refund', to='orders.refundgrant', verbose_name='granted as'),
        ),
        migrations.AddField(
            model_name='refundgranthistory',
            name='approval',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='backoffice.approval', verbose_name='approval'),
        ),
        migrations.AddField(
            model_name='refundgranthistory',
            name='asked_by',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked for by'),
        ),
        migrations.AddField(
            model_name='refundgranthistory',
            name='ended_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='ended by'),
        ),
        migrations.AddField(
            model_name='refundgranthistory',
            name='granted_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='granted by'),
        ),
        migrations.AddField(
            model_name='refundgranthistory',
            name='order',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.order', verbose_name='order'),
        ),
        migrations.AddField(
            model_name='refundgranthistory',
            name='order_return',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.return', verbose_name='return'),
        ),
        migrations.AddField(
            model_name='refundgranthistory',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='refundgranthistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='orders.refundgrant'),
        ),
        migrations.AddConstraint(
            model_name='authorization',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='authorization_amount', violation_error_message='The amount must be above zero.'),
        ),
        migrations.AddConstraint(
            model_name='authorization',
            constraint=models.CheckConstraint(condition=models.Q(('captured__gte', 0), ('voided__gte', 0), ('amount__gte', django.db.models.expressions.CombinedExpression(models.F('captured'), '+', models.F('voided')))), name='authorization_captured_within', violation_error_message='No more can be captured than was authorized.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='authorization',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (pg_trigger_depth() = 0)', func="\n                    RAISE EXCEPTION '% is append-only: capture or void it.', TG_TABLE_NAME\n                    USING ERRCODE = 'restrict_violation';\n                ", hash='0087e091b5a5b68b705117c51e1c060385a4ec48', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_0e2a7', table='orders_authorization', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='authorization',
            trigger=pgtrigger.compiler.Trigger(name='adds_to_authorized', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n                UPDATE orders_order o SET authorized = o.authorized + a.amount, updated_at = now()\n                FROM (SELECT order_id, sum(amount) AS amount FROM added GROUP BY order_id) a WHERE o.id = a.order_id;\n                 RETURN NULL;', hash='f9cd1b8ed225e1ddd7cdfe892e7b0ebabfe99158', level='STATEMENT', operation='INSERT', pgid='pgtrigger_adds_to_authorized_8d48e', referencing='REFERENCING NEW TABLE AS added ', table='orders_authorization', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='authorizationvoid',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='void_amount'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='authorizationvoid',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            RAISE EXCEPTION '% is append-only: correct it by a counter-entry.', TG_TABLE_NAME\n            USING ERRCODE = 'restrict_violation';\n        ", hash='b799ca26a283dcc0cb1e78337547f215a92fc5a7', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_1ac64', table='orders_authorizationvoid', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='authorizationvoid',
            trigger=pgtrigger.compiler.Trigger(name='takes_off_authorized', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n                UPDATE orders_order o SET authorized = o.authorized - a.amount, voided = o.voided + a.amount, updated_at = now()\n                FROM (SELECT t.order_id, sum(v.amount) AS amount FROM added v JOIN orders_authorization t ON t.id = v.authorization_id\n                      GROUP BY t.order_id) a\n                WHERE o.id = a.order_id;\n                UPDATE orders_authorization t SET voided = t.voided + a.amount\n                FROM (SELECT authorization_id, sum(amount) AS amount FROM added GROUP BY authorization_id) a\n                WHERE t.id = a.authorization_id;\n                 RETURN NULL;', hash='3c3f54f0fdae77dc63ab6890f1f2d3c4e70b8034', level='STATEMENT', operation='INSERT', pgid='pgtrigger_takes_off_authorized_d961e', referencing='REFERENCING NEW TABLE AS added ', table='orders_authorizationvoid', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='orderhold',
            constraint=models.UniqueConstraint(condition=models.Q(('released_at', None)), fields=('order', 'kind'), name='order_hold_once', violation_error_message='The order is on hold for this already.'),
        ),
        migrations.AddConstraint(
            model_name='orderhold',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='order_hold_reason', violation_error_message='Say why.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderhold',
            trigger=pgtrigger.compiler.Trigger(name='keeps_on_hold', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE key bigint;', func="\n                    FOREACH key IN ARRAY CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.order_id] WHEN 'DELETE' THEN ARRAY[OLD.order_id]\n                                                    ELSE ARRAY[OLD.order_id, NEW.order_id] END LOOP\n                        -- Locked first, so that the holds are read after whoever held the order has committed.\n                        PERFORM FROM orders_order WHERE id = key FOR NO KEY UPDATE;\n                        UPDATE orders_order o SET on_hold = h.stands, updated_at = now()\n                        FROM (SELECT EXISTS (SELECT FROM orders_orderhold WHERE order_id = key AND released_at IS NULL) AS stands) h\n                        WHERE o.id = key AND o.on_hold <> h.stands;\n                    END LOOP;\n                    RETURN NULL;\n                ", hash='ef699d5f502ce6b76692ec19ca951baab87aa414', operation='INSERT OR UPDATE OF "released_at", "order_id" OR DELETE', pgid='pgtrigger_keeps_on_hold_6627e', table='orders_orderhold', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderhold',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_orderholdhistory" ("at", "by_id", "id", "kind", "order_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "released_at", "released_because", "released_by_id") SELECT new_values."at", new_values."by_id", new_values."id", new_values."kind", new_values."order_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."reason", new_values."released_at", new_values."released_because", new_values."released_by_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='3815ab99875c57dfe96e244d1c91e78ab64ce8ca', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_90e51', referencing='REFERENCING NEW TABLE AS new_values ', table='orders_orderhold', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderhold',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_orderholdhistory" ("at", "by_id", "id", "kind", "order_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "released_at", "released_because", "released_by_id") SELECT new_values."at", new_values."by_id", new_values."id", new_values."kind", new_values."order_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."reason", new_values."released_at", new_values."released_because", new_values."released_by_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='e57159730f03577c47b4e0ebd99ebe8df65b2558', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_a5b3c', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='orders_orderhold', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderhold',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_orderholdhistory" ("at", "by_id", "id", "kind", "order_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "released_at", "released_because", "released_by_id") SELECT old_values."at", old_values."by_id", old_values."id", old_values."kind", old_values."order_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."reason", old_values."released_at", old_values."released_because", old_values."released_by_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='70a5181b2e13d2ac6ade7621ccb7d4173e2791d1', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_2bc20', referencing='REFERENCING OLD TABLE AS old_values ', table='orders_orderhold', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderholdhistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='afc8a494ae319f217c7ff0dfa51efb993c4e66d0', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_93b8b', table='orders_orderholdhistory', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='refundgrant',
            index=models.Index(fields=['-asked_at', '-id'], name='refund_grant_newest'),
        ),
        migrations.AddIndex(
            model_name='refundgrant',
            index=models.Index(fields=['status', '-asked_at', '-id'], name='refund_grant_status'),
        ),
        migrations.AddConstraint(
            model_name='refundgrant',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='refund_grant_amount', violation_error_message='The amount must be above zero.'),
        ),
        migrations.AddConstraint(
            model_name='refundgrant',
            constraint=models.CheckConstraint(condition=models.Q(('approval', None), ('granted_by', None), models.Q(('granted_by', models.F('asked_by')), _negated=True), _connector='OR'), name='refund_grant_by_another', violation_error_message='Nobody grants what they asked for themselves.'),
        ),
        migrations.AddConstraint(
            model_name='refundgrant',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('granted_at__isnull', False), ('status', 'granted')), models.Q(('granted_at', None), ('status__in', ['asked', 'refused'])), models.Q(('granted_at__isnull', False), ('status__in', ['executed', 'failed'])), _connector='OR'), name='refund_grant_has_time'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refundgrant',
            trigger=pgtrigger.compiler.Trigger(name='legal_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.status IS DISTINCT FROM NEW.status)', func="\n            IF NOT ((OLD.status, NEW.status) IN (('asked', 'granted'), ('asked', 'refused'), ('granted', 'executed'), ('granted', 'failed'))) THEN\n                RAISE EXCEPTION '% % is % and cannot become %.', TG_TABLE_NAME, OLD.id, OLD.status, NEW.status\n                USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='f39601a38ccf06c42bd0de7c309896ff153daa73', operation='UPDATE OF "status"', pgid='pgtrigger_legal_transitions_0d013', table='orders_refundgrant', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refundgrant',
            trigger=pgtrigger.compiler.Trigger(name='stays_as_asked', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF TG_OP = 'DELETE' OR (OLD.order_id, OLD.order_return_id, OLD.amount, OLD.method, OLD.reason, OLD.key, OLD.asked_by_id)\n                        IS DISTINCT FROM (NEW.order_id, NEW.order_return_id, NEW.amount, NEW.method, NEW.reason, NEW.key, NEW.asked_by_id) THEN\n                        RAISE EXCEPTION '% stays as it was asked for.', OLD.number USING ERRCODE = 'restrict_violation';\n                    END IF;\n                    RETURN NEW;\n                ", hash='8b0d299843a431debd1df160c34794c65f105b90', operation='UPDATE OF "order_id", "order_return_id", "amount", "method", "reason", "key", "asked_by_id" OR DELETE', pgid='pgtrigger_stays_as_asked_a8155', table='orders_refundgrant', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refundgrant',
            trigger=pgtrigger.compiler.Trigger(name='adds_to_granted', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE change numeric;', func="\n                    change := CASE WHEN NEW.status = 'granted' THEN NEW.amount ELSE 0 END;\n                    IF TG_OP = 'UPDATE' AND OLD.status = 'granted' THEN\n                        change := change - OLD.amount;\n                    END IF;\n                    IF change <> 0 THEN\n                        UPDATE orders_order SET refund_granted = refund_granted + change, updated_at = now() WHERE id = NEW.order_id;\n                    END IF;\n                    RETURN NULL;\n                ", hash='37453a1410b8367cf280afe2410c7e04f09e2d0d', operation='INSERT OR UPDATE OF "status"', pgid='pgtrigger_adds_to_granted_1e08b', table='orders_refundgrant', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refundgrant',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_refundgranthistory" ("amount", "approval_id", "asked_at", "asked_by_id", "ended_at", "ended_by_id", "failure", "granted_at", "granted_by_id", "id", "key", "method", "number", "order_id", "order_return_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "status") SELECT new_values."amount", new_values."approval_id", new_values."asked_at", new_values."asked_by_id", new_values."ended_at", new_values."ended_by_id", new_values."failure", new_values."granted_at", new_values."granted_by_id", new_values."id", new_values."key", new_values."method", new_values."number", new_values."order_id", new_values."order_return_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."reason", new_values."status" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='0cd1e4da178cae3d7e26da45ad9b312747fffa40', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_f8e5f', referencing='REFERENCING NEW TABLE AS new_values ', table='orders_refundgrant', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refundgrant',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_refundgranthistory" ("amount", "approval_id", "asked_at", "asked_by_id", "ended_at", "ended_by_id", "failure", "granted_at", "granted_by_id", "id", "key", "method", "number", "order_id", "order_return_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "status") SELECT new_values."amount", new_values."approval_id", new_values."asked_at", new_values."asked_by_id", new_values."ended_at", new_values."ended_by_id", new_values."failure", new_values."granted_at", new_values."granted_by_id", new_values."id", new_values."key", new_values."method", new_values."number", new_values."order_id", new_values."order_return_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."reason", new_values."status" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='460e69b3453539ab789c98aa1502533262ef318e', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_9dbaa', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='orders_refundgrant', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refundgrant',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_refundgranthistory" ("amount", "approval_id", "asked_at", "asked_by_id", "ended_at", "ended_by_id", "failure", "granted_at", "granted_by_id", "id", "key", "method", "number", "order_id", "order_return_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "status") SELECT old_values."amount", old_values."approval_id", old_values."asked_at", old_values."asked_by_id", old_values."ended_at", old_values."ended_by_id", old_values."failure", old_values."granted_at", old_values."granted_by_id", old_values."id", old_values."key", old_values."method", old_values."number", old_values."order_id", old_values."order_return_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."reason", old_values."status" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='8b30d693c4719e00ba8fe9911bc6443fa2e75f54', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_7e3cf', referencing='REFERENCING OLD TABLE AS old_values ', table='orders_refundgrant', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refundgranthistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f8602a8341dd189c70225e1c2bff3e4a0fa2ceb5', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_6466c', table='orders_refundgranthistory', when='BEFORE')),
        ),
        ]),
    ]
