"""Codes in templates: {% load barcodes %}{% barcode parcel.number %}{% qr_code address %}."""

from django import template

from backoffice import barcodes

register = template.Library()
register.simple_tag(barcodes.code_for, name="barcode")
register.simple_tag(barcodes.qr, name="qr_code")
