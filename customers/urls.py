"""Addresses of customers, tickets, articles, and the public pages of support and help."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
