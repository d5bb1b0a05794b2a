#!/usr/bin/python3
"""A ProcessPoolExecutor whose workers block: requests and psycopg2, one order at a time in each process.

As published: a future per order, requests.get without a session, and a PostgreSQL connection per process.
Tuned: chunks of orders, a requests.Session per process, and autocommit.
"""

from concurrent.futures import ProcessPoolExecutor, as_completed

from blocking import Worker
from pipeline import Outcome, Settings, read_settings, report, report_start

CHUNKS_PER_PROCESS = 4  # few messages, and still no long wait for the last chunk

worker: Worker  # one per process


def open_worker(settings: Settings) -> None:
    global worker
    worker = Worker(settings)


def process(order_id: int) -> Outcome:
    return worker.process(order_id)


def published(settings: Settings, pool: ProcessPoolExecutor) -> None:
    orders = [pool.submit(process, order_id) for order_id in settings.ids]
    for order in as_completed(orders):
        report(order.result())


def tuned(settings: Settings, pool: ProcessPoolExecutor) -> None:
    chunk = max(1, settings.orders // (settings.parameters["pool_processes"] * CHUNKS_PER_PROCESS))
    for outcome in pool.map(process, settings.ids, chunksize=chunk):
        report(outcome)


def main() -> None:
    settings = read_settings("blocking worker processes")
    processes = settings.parameters["pool_processes"]
    report_start(processes)
    with ProcessPoolExecutor(max_workers=processes, initializer=open_worker, initargs=(settings,)) as pool:
        (tuned if settings.tuned else published)(settings, pool)


if __name__ == "__main__":
    main()
