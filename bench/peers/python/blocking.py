"""Processes one order with requests and psycopg2, for the two blocking patterns."""

import os
import re
import time
from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

import psycopg2
import requests
import urllib3

from pipeline import OrderFailed, Outcome, Settings, kind_of_sql_state, kind_of_status, pause_before_retry
from transform import Row, transform

T = TypeVar("T")
TIMEOUT_S = 300  # aiohttp's default; requests would wait for ever

os.environ["no_proxy"] = "*"  # otherwise requests would use a proxy from the environment


def kept_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # otherwise it searches for a .netrc and proxies before each request
    return session


class Worker:
    """One process or thread with its PostgreSQL connection and, if tuned, its HTTP session."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.statement = re.sub(r"\$\d+", "%s", settings.insert.replace("%", "%%"))  # $1 to $10, in this order
        self.headers = {"Connection": "close"} if settings.connection_per_order else {}
        self.get = kept_session().get if settings.tuned else requests.get
        self.connect()

    def connect(self) -> None:
        self.database = psycopg2.connect(self.settings.postgres)
        self.database.autocommit = self.settings.tuned  # one round trip per order instead of three

    def process(self, order_id: int) -> Outcome:
        began = perf_counter()
        failure = ""
        try:
            body = self.retried(lambda: self.fetch(order_id))
            row = transform(order_id, body)
            self.retried(lambda: self.store(row))
            time.sleep(self.settings.db_latency_s)
        except OrderFailed as failed:
            failure = str(failed)
        return Outcome(order_id, (perf_counter() - began) * 1000, failure)

    def fetch(self, order_id: int) -> bytes:
        try:
            url = f"{self.settings.target}/orders/{order_id}"
            response = self.get(url, headers=self.headers, timeout=TIMEOUT_S)
        except requests.Timeout as error:
            raise OrderFailed("fetch", "timeout") from error
        except requests.exceptions.ChunkedEncodingError as error:
            raise OrderFailed("fetch", "reset") from error
        except requests.ConnectionError as error:
            reason = getattr(error.args[0], "reason", None) if error.args else None
            never = isinstance(reason, urllib3.exceptions.NewConnectionError)
            raise OrderFailed("fetch", "connect" if never else "reset") from error
        except requests.RequestException as error:
            raise OrderFailed("fetch", "protocol") from error
        if response.status_code != 200:
            raise OrderFailed("fetch", kind_of_status(response.status_code))
        if response.raw.length_remaining:  # requests accepts a truncated body
            raise OrderFailed("fetch", "reset")
        return response.content

    def store(self, row: Row) -> None:
        try:
            if self.database.closed:
                self.connect()
            with self.database, self.database.cursor() as cursor:  # commits, or rolls back
                cursor.execute(self.statement, row)
        except psycopg2.InterfaceError as error:
            raise OrderFailed("store", "reset") from error
        except psycopg2.Error as error:
            raise OrderFailed("store", kind_of_sql_state(error.pgcode)) from error

    def retried(self, step: Callable[[], T]) -> T:
        tries = 0
        while True:
            try:
                return step()
            except OrderFailed as failure:
                tries += 1
                time.sleep(pause_before_retry(failure, tries, self.settings))
