"""A receiver of OTLP over HTTP: decodes by the definitions that OpenTelemetry publishes for Python,
which share no code with the server's encoder, and prints a JSON object a line for each request.

`receiver.py ok|errors|slow`: takes everything, answers 503, or never answers."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

MODE = sys.argv[1]


def tell(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        request = ExportTraceServiceRequest()
        request.ParseFromString(body)
        headers = {name.lower(): value for name, value in self.headers.items()}
        tell({"path": self.path, "headers": headers, "request": MessageToDict(request)})
        if MODE == "slow":
            threading.Event().wait()
        answer = ExportTraceServiceResponse().SerializeToString()
        self.send_response(200 if MODE == "ok" else 503)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
server.daemon_threads = True
tell({"port": server.server_address[1]})
server.serve_forever()
