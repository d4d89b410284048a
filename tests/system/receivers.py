# SPDX-License-Identifier: Apache-2.0
"""Who receives notices in the tests: a mail server, a webhook, a syslog server, all on loopback."""

import base64
import csv
import email
import email.policy
import hashlib
import hmac
import http.server
import io
import json
import pathlib
import signal
import socket
import subprocess
import threading
import xml.etree.ElementTree

# That has Debian's aiosmtpd, whichever one runs the tests.
PYTHON = "/usr/bin/python3"
NAMESPACE = "{urn:yagura:warning:1}"


class Mail:
    """One that arrived."""

    def __init__(self, path):
        kept = json.loads(path.read_text(encoding="utf-8"))
        self.to, = kept["to"]
        self.at = kept["at"]
        self.bytes = kept["bytes"].encode("utf-8", "surrogateescape")
        self.message = email.message_from_bytes(self.bytes, policy=email.policy.default)
        self.id = self.message["Message-ID"]
        self.subject = self.message["Subject"]
        self.text = self.message.get_body().get_content()
        self.files = {part.get_filename(): part.get_payload(decode=True)
                      for part in self.message.iter_attachments()}

    def warnings(self):
        """(address, change, kind) of each warning that its XML tells of."""
        root = xml.etree.ElementTree.fromstring(self.files["warning.xml"])
        return [(warning.findtext(NAMESPACE + "address"), warning.get("change"),
                 warning.get("kind")) for warning in root.iter(NAMESPACE + "warning")]

    def table(self, name):
        return list(csv.DictReader(io.StringIO(self.files[name].decode())))


class MailServer:
    """Keeps its port and its mails over `kill` and `start`."""

    def __init__(self, test, tls=()):
        self.folder = test.scratch / "mails"
        self.folder.mkdir()
        self.log = open(test.scratch / "mail_server.log", "wb")
        test.addCleanup(self.log.close)
        self.tls = [str(each) for each in tls]
        self.port = 0
        self.process = None
        self.start()
        test.addCleanup(self.kill)

    def start(self):
        self.process = subprocess.Popen(
            [PYTHON, str(pathlib.Path(__file__).with_name("mail_server.py")),
             str(self.folder), str(self.port), *self.tls],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.port = int(self.process.stdout.readline())

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def mails(self):
        return [Mail(path) for path in sorted(self.folder.glob("*.mail"))]


class Webhook:
    """Takes what is signed as it ought to be; answers with `status`."""

    def __init__(self, test):
        self.taken, self.refused, self.status, self.secret = [], [], 204, None
        webhook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                good = webhook.is_signed(self.headers, body)
                (webhook.taken if good and webhook.status < 300 else webhook.refused).append(
                    (self.headers["webhook-id"], body))
                self.send_response(webhook.status if good else 401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        test.addCleanup(self.server.server_close)
        test.addCleanup(self.server.shutdown)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/hook?key=abc"

    def is_signed(self, headers, body):
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return hmac.compare_digest(headers["webhook-signature"], "v1," + mac)


class SyslogServer:
    """Takes lines over TCP, each with its length before it."""

    def __init__(self, test):
        self.bytes = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()
        test.addCleanup(self.listener.close)

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                while piece := connection.recv(65536):
                    self.bytes += piece

    def lines(self):
        lines, rest = [], self.bytes
        while rest:
            length, _, rest = rest.partition(b" ")
            lines.append(rest[:int(length)].decode())
            rest = rest[int(length):]
        return lines
