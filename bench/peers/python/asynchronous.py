"""Processes one order with asyncio, aiohttp and asyncpg, for the three asynchronous patterns."""

import asyncio
import errno
import shlex
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, TypeVar

import aiohttp
import asyncpg

from pipeline import OrderFailed, Outcome, Settings, kind_of_sql_state, kind_of_status, pause_before_retry
from transform import Row, transform

T = TypeVar("T")
OUT_OF = {errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM}


class UnresetConnection(asyncpg.Connection):
    """Skips the pool's RESET after every use: it costs a round trip, and an INSERT leaves nothing to reset."""

    async def reset(self, *, timeout: float | None = None) -> None:
        pass


def choose_event_loop(settings: Settings) -> None:
    """Call it before the clock starts, because it imports."""
    if settings.tuned:
        import uvloop

        uvloop.install()


def open_pool(settings: Settings, **options: Any) -> asyncpg.Pool:
    """Uses asyncpg's defaults, but no JIT: compiling asyncpg's look-up of bigint[] takes 0.2 s per connection."""
    options["server_settings"] = {"jit": "off"}
    if settings.tuned:
        options["connection_class"] = UnresetConnection
    if "://" in settings.postgres:
        return asyncpg.create_pool(settings.postgres, **options)
    words = dict(word.split("=", 1) for word in shlex.split(settings.postgres))  # libpq's form without a URL
    return asyncpg.create_pool(database=words.pop("dbname", None), **words, **options)


def open_session(settings: Settings, **options: Any) -> aiohttp.ClientSession:
    """Without options, it opens up to 100 connections, aiohttp's default."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=settings.connection_per_order, **options))


async def process(settings: Settings, session: aiohttp.ClientSession, pool: asyncpg.Pool, order_id: int) -> Outcome:
    began = perf_counter()
    failure = ""
    try:
        body = await retried(settings, lambda: fetch(settings, session, order_id))
        row = transform(order_id, body)
        await retried(settings, lambda: store(settings, pool, row))
        await asyncio.sleep(settings.db_latency_s)
    except OrderFailed as failed:
        failure = str(failed)
    return Outcome(order_id, (perf_counter() - began) * 1000, failure)


async def fetch(settings: Settings, session: aiohttp.ClientSession, order_id: int) -> bytes:
    try:
        async with session.get(f"{settings.target}/orders/{order_id}") as response:
            if response.status != 200:
                raise OrderFailed("fetch", kind_of_status(response.status))
            return await response.read()
    except asyncio.TimeoutError as error:
        raise OrderFailed("fetch", "timeout") from error
    except aiohttp.ClientConnectorError as error:
        raise OrderFailed("fetch", "resources" if error.errno in OUT_OF else "connect") from error
    except aiohttp.ClientResponseError as error:
        raise OrderFailed("fetch", "protocol") from error
    except (aiohttp.ClientError, OSError) as error:
        raise OrderFailed("fetch", "reset") from error


async def store(settings: Settings, pool: asyncpg.Pool, row: Row) -> None:
    """Each statement is its own transaction. asyncpg keeps it prepared on each connection."""
    try:
        await pool.execute(settings.insert, *row)
    except asyncpg.PostgresError as error:
        raise OrderFailed("store", kind_of_sql_state(error.sqlstate)) from error
    except (asyncpg.InterfaceError, asyncio.TimeoutError, OSError) as error:
        raise OrderFailed("store", "reset") from error


async def retried(settings: Settings, step: Callable[[], Awaitable[T]]) -> T:
    tries = 0
    while True:
        try:
            return await step()
        except OrderFailed as failure:
            tries += 1
            await asyncio.sleep(pause_before_retry(failure, tries, settings))
