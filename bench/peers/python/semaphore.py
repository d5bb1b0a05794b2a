#!/usr/bin/python3
"""A task per order, and an asyncio.Semaphore around its work.

As published: all N tasks are created at once and wait for their permit inside; the aiohttp session and the asyncpg
pool have their defaults. Tuned: the permit is acquired before the task is created, so that there are never more than
C tasks; a session without a limit, uvloop, and as many PostgreSQL connections as pipebench's own patterns have.
"""

import asyncio

from asynchronous import choose_event_loop, open_pool, open_session, process
from pipeline import Settings, read_settings, report, report_start


async def published(settings: Settings) -> None:
    permits = asyncio.Semaphore(settings.parameters["permits"])
    async with open_pool(settings) as pool, open_session(settings) as session:

        async def one_order(order_id: int) -> None:
            async with permits:
                report(await process(settings, session, pool, order_id))

        await asyncio.gather(*(one_order(order_id) for order_id in settings.ids))


async def tuned(settings: Settings) -> None:
    permits = asyncio.Semaphore(settings.parameters["permits"])
    size = settings.parameters["db_connections"]
    async with open_pool(settings, min_size=size, max_size=size) as pool, open_session(settings, limit=0) as session:

        async def one_order(order_id: int) -> None:
            report(await process(settings, session, pool, order_id))
            permits.release()

        async with asyncio.TaskGroup() as tasks:
            for order_id in settings.ids:
                await permits.acquire()
                tasks.create_task(one_order(order_id))


if __name__ == "__main__":
    given = read_settings("a permit for each order in flight")
    choose_event_loop(given)
    report_start(given.parameters["permits"])
    asyncio.run(tuned(given) if given.tuned else published(given))
