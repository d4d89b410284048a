# SPDX-License-Identifier: Apache-2.0
"""A mail server (aiosmtpd) that keeps each mail in a file before it says that it has it.

    mail_server.py FOLDER PORT [CERTIFICATE KEY]

Port 0 is one that is free. Prints the port once it listens. With a certificate it asks for STARTTLS
before it takes a mail. Ends when killed: what it said yes to is in the folder.
"""

import asyncio
import json
import os
import pathlib
import ssl
import sys
import time

from aiosmtpd.smtp import SMTP


class Keeper:
    def __init__(self, folder):
        self.folder = folder

    async def handle_DATA(self, _server, _session, envelope):  # as aiosmtpd names it
        name = self.folder / f"{time.time_ns()}.mail"
        kept = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "at": time.time_ns(),
                "bytes": envelope.content.decode("utf-8", "surrogateescape")}
        with open(name.with_suffix(".part"), "w", encoding="utf-8",
                  errors="surrogateescape") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(file.name, name)
        return "250 kept"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"


async def serve(folder, port, certificate):
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Keeper(folder), hostname="localhost", tls_context=context,
                     require_starttls=context is not None), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
