"""What is wrong with orders that somebody wants to bring in, in the reader's words."""

from dashboard.i18n import Translate
from twin.errors import DataError
from twin.pipeline.orders.file import BYTES_MAX, ROWS_MAX, ColumnsError, NotTextError
from twin.pipeline.orders.rows import Fault

__all__ = ["column_names", "fault_words", "file_words", "wanted_names"]


def column_names(t: Translate) -> dict[str, str]:
    """Columns of orders.csv."""
    return {
        "order": t("Order"),
        "product": t("Product"),
        "quantity": t("Quantity"),
        "release": t("Release"),
        "due": t("Due"),
        "priority": t("Priority"),
        "note": t("Note"),
    }


def wanted_names(t: Translate) -> dict[str, str]:
    """What is wanted of a cell, by the codes of twin.pipeline.orders.rows."""
    return {
        "value": t("a value"),
        "product": t("one of {about}"),
        "no_product": t("a product: the plant file names none yet"),
        "quantity": t("a whole number from 1 to 1000000"),
        "priority": t("a whole number from 1, the most urgent, to 5"),
        "time": t("a date and a time such as 2026-03-01 06:00 or 01.03.2026 06:00"),
        "real_time": t("a time that there is: the clocks go forward over this one"),
        "after_release": t("a time after the release, {about}"),
        "order": t("at most 64 letters, digits, dots, dashes and underscores"),
        "new": t("a number that no order has yet"),
        "once": t("each number once; row {about} has it too"),
        "note": t("at most 2000 characters"),
        "known_key": t("one of {about}"),
        "one_id": t("id or order, not both"),
        "cells": t("no more cells than headings; a text that holds a separator needs quotes"),
        "quote": t("a quote that ends"),
        "object": t("an order"),
    }


def fault_words(t: Translate, fault: Fault) -> str:
    """'got …, want …' of one cell."""
    want = wanted_names(t)[fault.want].format(about=fault.about)
    got = fault.got or t("nothing")
    return t("got {got}, want {want}").format(got=got, want=want)


def file_words(t: Translate, error: DataError) -> str:
    """Why a file as a whole cannot be read."""
    if isinstance(error, NotTextError):
        return t("This is no text in UTF-8. In a spreadsheet, save it as CSV UTF-8.")
    if isinstance(error, ColumnsError):
        names = column_names(t)
        if error.missing:
            want = t(", ").join(names[c] for c in error.missing)
            return t("The first line names no column for: {columns}.").format(columns=want)
        want = t(", ").join(names[c] for c in error.twice)
        return t("The first line names more than one column for: {columns}.").format(columns=want)
    sentence = t("This is too much: want at most {rows} rows and {size} MB.")
    return sentence.format(rows=ROWS_MAX, size=BYTES_MAX >> 20)
