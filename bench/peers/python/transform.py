"""Turns an order into its row, exactly like src/pipeline/transform.cpp and calendar.cpp; the ledger compares it."""

import json
import struct
from datetime import date, timedelta
from typing import Any

from pipeline import OrderFailed

COUNTRIES = {
    "EMEA": "AE AT BE BG CH CY CZ DE DK EE EG ES FI FR GB GR HR HU IE IL IS IT KE LT LU LV MA MT NG NL NO PL PT QA "
    "RO RS SA SE SI SK TN TR UA ZA",
    "APAC": "AU BD CN HK ID IN JP KH KR LK MM MY NZ PH PK SG TH TW VN",
    "AMER": "AR BO BR CA CL CO CR DO EC GT MX PA PE PR PY US UY VE",
}
REGIONS = {country: region for region, countries in COUNTRIES.items() for country in countries.split()}
WORKING_DAYS = {"economy": 7, "standard": 4, "express": 1, "same_day": 0}
SATURDAY = 5
NO_ORDER = (KeyError, TypeError, ValueError, AttributeError, RecursionError, struct.error)  # raised for a bad body

Row = tuple[int, str, str, str, int, int, int, date, list[int], int]  # the ten parameters of the INSERT


def transform(order_id: int, body: bytes) -> Row:
    try:
        order = json.loads(body)
        if order["id"] != order_id:
            raise OrderFailed("transform", "wrong_order")
        return row_of(order)
    except NO_ORDER as error:
        raise OrderFailed("transform", "bad_content") from error


def row_of(order: dict[str, Any]) -> Row:
    lines = order["lines"]
    totals = [line["quantity"] * line["unit_price_minor"] for line in lines]
    customer = normalised_name(order["customer"])
    region = REGIONS.get(order["ship_to"]["country"], "OTHER")
    promised_on = promised_day(order["created_at"], order["service_level"])
    item_count = sum(line["quantity"] for line in lines)
    weight_grams = sum(line["quantity"] * line["weight_grams"] for line in lines)
    texts = (customer, region, order["currency"], promised_on.isoformat(), f"{{{','.join(map(str, totals))}}}")
    if any("\0" in text for text in texts):
        raise ValueError("PostgreSQL cannot store a zero byte in a text")
    checksum = fnv1a(
        struct.pack("<q", order["id"])
        + "".join(f"{text}\0" for text in texts).encode()
        + struct.pack("<3q", item_count, sum(totals), weight_grams)
    )
    return (order["id"], customer, region, order["currency"], item_count, sum(totals), weight_grams, promised_on,
            totals, checksum)  # fmt: skip


def normalised_name(typed: str) -> str:
    """Works on bytes, so that only ASCII letters and white space count: É stays É, and é stays é."""
    return b" ".join(word.capitalize() for word in typed.encode().split()).decode()


def promised_day(created_at: str, service_level: str) -> date:
    day = date.fromisoformat(created_at[:10])
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    for _ in range(WORKING_DAYS[service_level]):
        day += timedelta(days=1)
        while day.weekday() >= SATURDAY:
            day += timedelta(days=1)
    return day


def fnv1a(data: bytes) -> int:
    """64 bits, as a signed number, because PostgreSQL has no unsigned type."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value - (1 << 64) if value >> 63 else value
