#!/usr/bin/python3
"""Threads that drain one queue: requests and psycopg2, one order at a time in each thread.

As published, requests.get without a session, a connection to PostgreSQL per thread, and a commit per order.
Tuned: a requests.Session per thread, and autocommit.
"""

from concurrent.futures import ThreadPoolExecutor
from queue import Empty, Queue

from blocking import Worker
from pipeline import Settings, read_settings, tell, tell_start


def drain(orders: Queue[int], settings: Settings) -> None:
    worker = Worker(settings)
    while True:
        try:
            order_id = orders.get_nowait()
        except Empty:
            return
        tell(worker.process(order_id))


def main() -> None:
    settings = read_settings("blocking threads and one queue")
    threads = settings.parameters["threads"]
    tell_start(threads)
    orders: Queue[int] = Queue()
    for order_id in settings.ids:
        orders.put(order_id)
    with ThreadPoolExecutor(max_workers=threads) as pool:
        drained = [pool.submit(drain, orders, settings) for _ in range(threads)]
    for end in drained:
        end.result()  # raises what a thread died of


if __name__ == "__main__":
    main()
