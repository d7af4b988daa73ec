"""A wire between a client and a server on this machine, as slow as you like, that can break without a goodbye.

Each direction carries so many bytes a second, each of them so many seconds late. After `cut` the wire carries nothing
more, and neither end is told: what a pulled plug does.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

PIECE = 512
"""Bytes that are carried at a time."""


class Wire:
    """A wire to a port; connect to `port`. `down` and `up` count what the server and the client have sent."""

    def __init__(self, to: int, rate: float, delay: float) -> None:
        self._to = to
        self._rate = rate
        self._delay = delay
        self._loop = asyncio.new_event_loop()
        self._carrying: set[asyncio.Task[None]] = set()
        self._ends: set[asyncio.StreamWriter] = set()
        self.down = 0
        self.up = 0
        server = self._loop.run_until_complete(asyncio.start_server(self._connect, "127.0.0.1", 0, limit=PIECE))
        self._server = server
        self.port: int = server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, name="wire")
        self._thread.start()

    def cut(self) -> None:
        """Carry nothing any more; the connections stay open."""
        self._do(self._stop)

    def close(self) -> None:
        """Take everything down."""
        self._do(self._hang_up)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        asyncio.run_coroutine_threadsafe(job(), self._loop).result()

    async def _stop(self) -> None:
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def _hang_up(self) -> None:
        self._server.close()
        await self._stop()
        for end in self._ends:
            end.transport.abort()
        await asyncio.gather(*(end.wait_closed() for end in self._ends), return_exceptions=True)

    async def _connect(self, client_out: asyncio.StreamReader, client_in: asyncio.StreamWriter) -> None:
        server_out, server_in = await asyncio.open_connection("127.0.0.1", self._to, limit=PIECE)
        self._ends |= {client_in, server_in}
        for reader, writer, count in (
            (server_out, client_in, self._count_down),
            (client_out, server_in, self._count_up),
        ):
            task = self._loop.create_task(self._carry(reader, writer, count))
            self._carrying.add(task)

    def _count_down(self, size: int) -> None:
        self.down += size

    def _count_up(self, size: int) -> None:
        self.up += size

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: Callable[[int], None]
    ) -> None:
        on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        arriving = self._loop.create_task(self._deliver(on_the_way, writer))
        free = 0.0
        try:
            while data := await reader.read(PIECE):
                count(len(data))
                if self._rate:  # the sender's next byte waits until these are on the wire
                    free = max(free, self._loop.time()) + len(data) / self._rate
                    await asyncio.sleep(free - self._loop.time())
                on_the_way.put_nowait((self._loop.time() + self._delay, data))
            on_the_way.put_nowait((0.0, b""))
            await arriving
        except OSError:  # one end has hung up: so does the other
            writer.transport.abort()
        finally:
            arriving.cancel()

    async def _deliver(self, on_the_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        while True:
            due, data = await on_the_way.get()
            if not data:
                writer.close()
                return
            await asyncio.sleep(due - self._loop.time())
            writer.write(data)
            await writer.drain()


@contextmanager
def wire(to: int, rate: float = 0.0, delay: float = 0.0) -> Iterator[Wire]:
    """Lay a wire to a port of this machine.

    Args:
        to: the port of the server.
        rate: bytes a second each way, 0 where there is no limit.
        delay: seconds that a byte is on its way.
    """
    laid = Wire(to, rate, delay)
    try:
        yield laid
    finally:
        laid.close()
