"""An SMTP server on the loopback that delivers to nobody: each mail becomes one file.

    mail_catcher.py PORT FOLDER

A file is named after the time and the recipient (20260102T030405.678901-anna@contoso.example.eml); it appears whole or
not at all, and begins with the envelope (X-Envelope-From, X-Envelope-To). Above 5,000 mails the oldest go.
"""

import asyncio
import datetime
import pathlib
import re
import signal
import sys

from aiosmtpd.smtp import SMTP

LARGEST_MAIL_BYTES = 1 << 20
MOST_MAILS = 5000


class Keeper:
    def __init__(self, folder: pathlib.Path):
        self._folder = folder

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 (aiosmtpd's name)
        moment = datetime.datetime.utcnow().strftime("%Y%m%dT%H%M%S.%f")
        recipient = re.sub(r"[^\w.@+-]", "_", envelope.rcpt_tos[0])[:100]
        path = self._folder / f"{moment}-{recipient}.eml"
        head = f"X-Envelope-From: {envelope.mail_from}\r\nX-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n"
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_bytes(head.encode() + envelope.original_content)
        unfinished.rename(path)
        self._forget_oldest()
        return "250 2.0.0 kept as " + path.name

    def _forget_oldest(self) -> None:
        mails = sorted(self._folder.glob("*.eml"))
        for path in mails[: max(0, len(mails) - MOST_MAILS)]:
            path.unlink(missing_ok=True)


async def serve(port: int, folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    keeper = Keeper(folder)
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(
        lambda: SMTP(keeper, data_size_limit=LARGEST_MAIL_BYTES, enable_SMTPUTF8=True, hostname="localhost"),
        "127.0.0.1",
        port,
    )
    print(f"mail catcher: 127.0.0.1:{port} -> {folder}", flush=True)
    await stopped.wait()
    server.close()
    await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), pathlib.Path(sys.argv[2])))
