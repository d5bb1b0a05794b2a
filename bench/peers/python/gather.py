#!/usr/bin/python3
"""asyncio.gather over all orders at once: nothing bounds the number in flight (fan-out).

As published: each order opens its own aiohttp session; asyncpg's pool has its default size, 10 connections.
Tuned: one session without a limit, uvloop, and as many PostgreSQL connections as pipebench's own patterns have.
"""

import asyncio

import aiohttp

from asynchronous import choose_event_loop, open_pool, open_session, process
from pipeline import Settings, read_settings, report, report_start


async def published(settings: Settings) -> None:
    async with open_pool(settings) as pool:

        async def one_order(order_id: int) -> None:
            async with aiohttp.ClientSession() as session:
                report(await process(settings, session, pool, order_id))

        await asyncio.gather(*(one_order(order_id) for order_id in settings.ids))


async def tuned(settings: Settings) -> None:
    size = settings.parameters["db_connections"]
    async with open_pool(settings, min_size=size, max_size=size) as pool, open_session(settings, limit=0) as session:

        async def one_order(order_id: int) -> None:
            report(await process(settings, session, pool, order_id))

        await asyncio.gather(*(one_order(order_id) for order_id in settings.ids))


if __name__ == "__main__":
    given = read_settings("all orders at once")
    choose_event_loop(given)
    report_start(given.orders)
    asyncio.run(tuned(given) if given.tuned else published(given))
