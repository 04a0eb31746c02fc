"""Formats of dates and numbers per language; FORMAT_MODULE_PATH points here."""
