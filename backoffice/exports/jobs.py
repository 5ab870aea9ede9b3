"""Exports by the worker."""
