"""The input and output of a runner; docs/runners.md is the contract.

Imports only what every pattern needs, because the memory of the patterns is compared.
"""

import argparse
import json
import os
import random
import sys
from dataclasses import dataclass
from typing import Any, NamedTuple

TRANSIENT = {"connect", "resources", "reset", "timeout", "throttled", "server_error"}  # another attempt can succeed
BACKOFF_BASE_S, BACKOFF_CAP_S = 0.05, 2.0


@dataclass(frozen=True)
class Settings:
    tuned: bool
    orders: int
    target: str
    postgres: str
    redis: str
    insert: str
    stream: str
    db_latency_s: float
    connection_per_order: bool
    attempts: int
    parameters: dict[str, Any]

    @property
    def ids(self) -> range:
        return range(1, self.orders + 1)


class OrderFailed(Exception):
    """Stage and kind have the names that the result uses."""

    def __init__(self, stage: str, kind: str) -> None:
        super().__init__(f"{stage} {kind}")
        self.kind = kind


class Outcome(NamedTuple):
    order_id: int
    ms: float
    failure: str = ""  # stage and kind; empty if the order was stored


def read_settings(description: str) -> Settings:
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--tuned", action="store_true", help="the same pattern, as fast as its libraries can")
    tuned = options.parse_args().tuned
    try:
        return Settings(
            tuned=tuned,
            orders=int(os.environ["PIPEBENCH_ORDERS"]),
            target=os.environ["PIPEBENCH_TARGET"],
            postgres=os.environ["PIPEBENCH_POSTGRES"],
            redis=os.environ["PIPEBENCH_REDIS"],
            insert=os.environ["PIPEBENCH_INSERT"],
            stream=os.environ["PIPEBENCH_STREAM"],
            db_latency_s=float(os.environ["PIPEBENCH_DB_LATENCY_MS"]) / 1000,
            connection_per_order=os.environ["PIPEBENCH_CONNECTIONS"] == "per-order",
            attempts=int(os.environ["PIPEBENCH_ATTEMPTS"]),
            parameters=json.loads(os.environ["PIPEBENCH_PARAMETERS"]),
        )
    except KeyError as missing:
        sys.exit(f"{missing.args[0]} is not set; use pipebench --runner or pipebench services")


def report_start(in_flight: int) -> None:
    """Call it after the imports, and before opening or forking anything."""
    sys.stdout.buffer.write(f"in-flight {in_flight}\nstart\n".encode())
    sys.stdout.flush()


def report(outcome: Outcome) -> None:
    """Any thread may call it: the writer has a lock, and each line is one write. The exit flushes the rest."""
    if outcome.failure:
        line = f"failed {outcome.order_id} {outcome.failure}\n"
    else:
        line = f"stored {outcome.order_id} {outcome.ms:.3f}\n"
    sys.stdout.buffer.write(line.encode())


def kind_of_status(status: int) -> str:
    return "throttled" if status == 429 else "server_error" if status >= 500 else "rejected"


def kind_of_sql_state(code: str | None) -> str:
    """None if the connection broke before there was an answer."""
    return "reset" if code is None or code.startswith(("08", "40", "53", "57P")) else "database"


def pause_before_retry(failure: OrderFailed, tries: int, settings: Settings) -> float:
    """Returns seconds: exponential backoff with full jitter. Raises a failure that must not be retried."""
    if failure.kind not in TRANSIENT or tries >= settings.attempts:
        raise failure
    return random.uniform(0, min(BACKOFF_CAP_S, BACKOFF_BASE_S * 2 ** (tries - 1)))
