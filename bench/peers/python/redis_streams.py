#!/usr/bin/python3
"""Asynchronous workers in several processes read a stream through a consumer group, and answer on another stream.

As published: a worker processes a batch one message after another, and acknowledges each alone.
Tuned: the whole batch is in flight and is acknowledged in one round trip; the producer pipelines too; uvloop.
"""

import asyncio
import re
from functools import partial
from multiprocessing import Process

import aiohttp
import asyncpg
import redis
import redis.asyncio

from asynchronous import choose_event_loop, open_pool, open_session, process
from pipeline import Outcome, Settings, read_settings, report, report_start

GROUP = "workers"
CHUNK = 500  # orders sent in one pipeline, and results read in one call
Fields = dict[bytes, bytes]


def block_ms(settings: Settings) -> int:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", settings.parameters["block"]).groups()
    return max(1, round(float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]))  # 0 would block for ever


async def worker(settings: Settings, session: aiohttp.ClientSession, pool: asyncpg.Pool, number: int) -> None:
    orders, results = f"{settings.stream}:orders", f"{settings.stream}:order_results"
    client = redis.asyncio.from_url(settings.redis)
    count, block = settings.parameters["batch"], block_ms(settings)
    process_message = partial(process, settings, session, pool)

    async def one_by_one(batch: list[tuple[bytes, Fields]]) -> None:
        for message, fields in batch:
            outcome = await process_message(int(fields[b"id"]))
            await client.xack(orders, GROUP, message)
            await client.xadd(results, outcome._asdict())

    async def together(batch: list[tuple[bytes, Fields]]) -> None:
        outcomes = await asyncio.gather(*(process_message(int(fields[b"id"])) for _, fields in batch))
        async with client.pipeline(transaction=False) as end:
            end.xack(orders, GROUP, *(message for message, _ in batch))
            for outcome in outcomes:
                end.xadd(results, outcome._asdict())
            await end.execute()

    carry_out = together if settings.tuned else one_by_one
    try:
        while True:
            for _, batch in await client.xreadgroup(GROUP, f"worker-{number}", {orders: ">"}, count, block):
                await carry_out(batch)
    except redis.ResponseError:
        pass  # the producer deleted the stream, so all orders are done
    finally:
        await client.close()


def run_workers(numbers: range, settings: Settings) -> None:
    """Runs workers in this process. The pool has a connection per worker; tuned, a share of the limit."""
    share = max(1, settings.parameters["db_connections"] // settings.parameters["processes"])

    async def run() -> None:
        size = share if settings.tuned else len(numbers)
        async with open_pool(settings, min_size=1, max_size=size) as pool, open_session(settings, limit=0) as session:
            await asyncio.gather(*(worker(settings, session, pool, number) for number in numbers))

    asyncio.run(run())


def produce(settings: Settings, client: redis.Redis, orders: str) -> None:
    if not settings.tuned:
        for order_id in settings.ids:
            client.xadd(orders, {"id": order_id})
        return
    for start in range(0, settings.orders, CHUNK):
        with client.pipeline(transaction=False) as chunk:
            for order_id in settings.ids[start : start + CHUNK]:
                chunk.xadd(orders, {"id": order_id})
            chunk.execute()


def collect(settings: Settings, client: redis.Redis, results: str, workers: list[Process]) -> None:
    last, missing = b"0", settings.orders
    while missing > 0:
        if not all(one.is_alive() for one in workers):
            raise RuntimeError("a worker process ended too early")
        for _, batch in client.xread({results: last}, CHUNK, 1000):
            for last, fields in batch:
                report(Outcome(int(fields[b"order_id"]), float(fields[b"ms"]), fields[b"failure"].decode()))
            missing -= len(batch)


def main() -> None:
    settings = read_settings("workers of a consumer group")
    orders, results = f"{settings.stream}:orders", f"{settings.stream}:order_results"
    count = settings.parameters["workers"]
    processes = min(count, settings.parameters["processes"])
    choose_event_loop(settings)
    report_start(count * settings.parameters["batch"] if settings.tuned else count)
    client = redis.from_url(settings.redis)
    client.xgroup_create(orders, GROUP, id="0", mkstream=True)
    shares = [range(number, count, processes) for number in range(processes)]
    workers = [Process(target=run_workers, args=(numbers, settings)) for numbers in shares]
    for one in workers:
        one.start()
    try:
        produce(settings, client, orders)
        collect(settings, client, results, workers)
    finally:
        client.delete(orders, results)  # wakes up the workers that wait for more
    for one in workers:
        one.join()


if __name__ == "__main__":
    main()
