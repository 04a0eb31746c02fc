"""Workbooks of a return: Biểu II.06a as XLSX, out as the template and in again, and many of them at once."""
