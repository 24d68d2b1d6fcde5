"""A receiver of webhooks that verifies with the public package `standardwebhooks` of PyPI.

Reads JSON objects from its input, one a line: `{"secret": …}` is what it verifies with from then on, and
`{"sign": {"secret", "id", "timestamp", "body"}}` has it sign. Prints one object a line: its port, what it was
sent and whether it believes that, and signatures."""

import json
import sys
import threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook

SECRET = None
LOCK = threading.Lock()


def say(what):
    with LOCK:
        print(json.dumps(what), flush=True)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            Webhook(SECRET).verify(body, headers)
            verified = True
        except Exception as error:
            verified = f"{type(error).__name__}: {error}"
        self.send_response(204)
        self.end_headers()
        say({"verified": verified, "id": headers.get("webhook-id"), "body": json.loads(body)})

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
say({"port": server.server_port})
for line in sys.stdin:
    told = json.loads(line)
    if "secret" in told:
        SECRET = told["secret"]
        say({"ready": True})
    else:
        sign = told["sign"]
        at = datetime.fromtimestamp(sign["timestamp"], tz=timezone.utc)
        say({"signature": Webhook(sign["secret"]).sign(sign["id"], at, sign["body"])})
