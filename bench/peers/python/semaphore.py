#!/usr/bin/python3
"""A task per order, and an asyncio.Semaphore around what it does.

As published, all N tasks are made at once and wait for their permit inside; one aiohttp session and one asyncpg pool,
both with their defaults. Tuned: the permit is acquired before the task is made, so that there are never more than C
of them; a session without a limit of its own, uvloop, and as many connections to PostgreSQL as pipebench says.
"""

import asyncio

from asynchronous import choose_event_loop, open_pool, open_session, process
from pipeline import Settings, read_settings, tell, tell_start


async def published(settings: Settings) -> None:
    permits = asyncio.Semaphore(settings.parameters["permits"])
    async with open_pool(settings) as pool, open_session(settings) as session:

        async def one_order(order_id: int) -> None:
            async with permits:
                tell(await process(settings, session, pool, order_id))

        await asyncio.gather(*(one_order(order_id) for order_id in settings.ids))


async def tuned(settings: Settings) -> None:
    permits = asyncio.Semaphore(settings.parameters["permits"])
    size = settings.parameters["db_connections"]
    async with open_pool(settings, min_size=size, max_size=size) as pool, open_session(settings, limit=0) as session:

        async def one_order(order_id: int) -> None:
            tell(await process(settings, session, pool, order_id))
            permits.release()

        async with asyncio.TaskGroup() as tasks:
            for order_id in settings.ids:
                await permits.acquire()
                tasks.create_task(one_order(order_id))


if __name__ == "__main__":
    told = read_settings("a permit for each order in flight")
    choose_event_loop(told)
    tell_start(told.parameters["permits"])
    asyncio.run(tuned(told) if told.tuned else published(told))
