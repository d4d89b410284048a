# SPDX-License-Identifier: Apache-2.0
"""A name server on a port of loopback that knows the names of a few addresses, and no others."""

import ipaddress
import socket
import struct
import threading

PTR, IN = 12, 1
NO_SUCH_NAME = 3


class NameServer:
    """Answers until `stop()`. `asked` are the domains that were asked for."""

    def __init__(self, names):
        self.names = {ipaddress.ip_address(address).reverse_pointer: name
                      for address, name in names.items()}
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.resolver = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def stop(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.socket.getsockname())
        self.thread.join()
        self.socket.close()

    def _serve(self):
        while True:
            question, sender = self.socket.recvfrom(512)
            if not question:
                return
            self.socket.sendto(self._answer(question), sender)

    def _answer(self, question):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode())
            at += question[at] + 1
        end = at + 5
        assert struct.unpack("!HH", question[at + 1:end]) == (PTR, IN)
        domain = ".".join(labels)
        self.asked.append(domain)
        name = self.names.get(domain)
        head = struct.pack("!HHHHHH", struct.unpack("!H", question[:2])[0],
                           0x8180 | (0 if name else NO_SUCH_NAME), 1, 1 if name else 0, 0, 0)
        if not name:
            return head + question[12:end]
        data = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
        record = struct.pack("!HHHIH", 0xc00c, PTR, IN, 60, len(data)) + data
        return head + question[12:end] + record
