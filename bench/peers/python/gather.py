#!/usr/bin/python3
"""asyncio.gather over all orders at once: nothing bounds what is in flight (fan-out).

As published, each order opens an aiohttp session of its own, and asyncpg's pool is as it comes: 10 connections.
Tuned: one session without a limit, uvloop, and as many connections to PostgreSQL as pipebench says.
"""

import asyncio

import aiohttp

from asynchronous import choose_event_loop, open_pool, open_session, process
from pipeline import Settings, read_settings, tell, tell_start


async def published(settings: Settings) -> None:
    async with open_pool(settings) as pool:

        async def one_order(order_id: int) -> None:
            async with aiohttp.ClientSession() as session:
                tell(await process(settings, session, pool, order_id))

        await asyncio.gather(*(one_order(order_id) for order_id in settings.ids))


async def tuned(settings: Settings) -> None:
    size = settings.parameters["db_connections"]
    async with open_pool(settings, min_size=size, max_size=size) as pool, open_session(settings, limit=0) as session:

        async def one_order(order_id: int) -> None:
            tell(await process(settings, session, pool, order_id))

        await asyncio.gather(*(one_order(order_id) for order_id in settings.ids))


if __name__ == "__main__":
    told = read_settings("all orders at once")
    choose_event_loop(told)
    tell_start(told.orders)
    asyncio.run(tuned(told) if told.tuned else published(told))
