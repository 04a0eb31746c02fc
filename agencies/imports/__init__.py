"""Agencies and successions from files; each module has COLUMNS, REQUIRED, plan_import(rows) and apply(plan, by)."""
