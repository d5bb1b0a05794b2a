#!/usr/bin/python3
"""Threads that drain one queue: requests and psycopg2, one order at a time in each thread.

As published: requests.get without a session, a PostgreSQL connection per thread, and a commit per order.
Tuned: a requests.Session per thread, and autocommit.
"""

from concurrent.futures import ThreadPoolExecutor
from queue import Empty, Queue

from blocking import Worker
from pipeline import Settings, read_settings, report, report_start


def drain(orders: Queue[int], settings: Settings) -> None:
    worker = Worker(settings)
    while True:
        try:
            order_id = orders.get_nowait()
        except Empty:
            return
        report(worker.process(order_id))


def main() -> None:
    settings = read_settings("blocking threads and one queue")
    threads = settings.parameters["threads"]
    report_start(threads)
    orders: Queue[int] = Queue()
    for order_id in settings.ids:
        orders.put(order_id)
    with ThreadPoolExecutor(max_workers=threads) as pool:
        drained = [pool.submit(drain, orders, settings) for _ in range(threads)]
    for end in drained:
        end.result()  # raises the exception that ended a thread, if any


if __name__ == "__main__":
    main()
