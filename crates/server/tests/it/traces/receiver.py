"""A receiver of OTLP over HTTP: decodes by the definitions that OpenTelemetry publishes for Python,
which share no code with the server's encoder, holds what it is sent to the specification, and prints a
JSON object a line for each request, with its faults.

`receiver.py ok|errors|slow`: takes everything that has no faults, answers 503, or never answers."""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

MODE = sys.argv[1]
MEDIA_TYPE = "application/x-protobuf"
# How far from the clock of this machine a span may lie.
NEAR_NS = 3_600 * 10**9


def is_id(value, length):
    return len(value) == length and any(value)


def unknown(message, at="request"):
    """Fields that the definitions do not have, at any depth."""
    for field in UnknownFieldSet(message):
        yield f"{at} has an unknown field {field.field_number}"
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            for one in value if field.is_repeated else [value]:
                yield from unknown(one, f"{at}.{field.name}")


def faults_of_attributes(attributes, at):
    keys = [attribute.key for attribute in attributes]
    if "" in keys or len(set(keys)) != len(keys):
        yield f"the keys of {at} are empty or not unique: {keys}"
    for attribute in attributes:
        if attribute.value.WhichOneof("value") is None:
            yield f"`{attribute.key}` of {at} has no value"


def faults_of_span(span):
    at = f"span `{span.name}`"
    if not span.name:
        yield "a span has no name"
    if not is_id(span.trace_id, 16):
        yield f"the trace of {at} is {span.trace_id.hex()!r}"
    if not is_id(span.span_id, 8):
        yield f"the id of {at} is {span.span_id.hex()!r}"
    if span.parent_span_id and not is_id(span.parent_span_id, 8):
        yield f"the parent of {at} is {span.parent_span_id.hex()!r}"
    if span.kind == Span.SPAN_KIND_UNSPECIFIED or span.kind not in Span.SpanKind.values():
        yield f"the kind of {at} is {span.kind}"
    if not 0 < span.start_time_unix_nano <= span.end_time_unix_nano:
        yield f"{at} ends before it begins"
    if abs(span.end_time_unix_nano - time.time_ns()) > NEAR_NS:
        yield f"{at} ends at {span.end_time_unix_nano}"
    yield from faults_of_attributes(span.attributes, at)
    for link in span.links:
        if not (is_id(link.trace_id, 16) and is_id(link.span_id, 8)):
            yield f"a link of {at} is {link.trace_id.hex()!r}, {link.span_id.hex()!r}"
        yield from faults_of_attributes(link.attributes, f"a link of {at}")


def faults_of(request):
    yield from unknown(request)
    if not request.resource_spans:
        yield "the request has no spans"
    for resource in request.resource_spans:
        yield from faults_of_attributes(resource.resource.attributes, "the resource")
        named = [one for one in resource.resource.attributes if one.key == "service.name"]
        if not (named and named[0].value.string_value):
            yield "the resource has no `service.name`"
        if not resource.scope_spans:
            yield "the resource has no scopes"
        for scope in resource.scope_spans:
            if not scope.scope.name:
                yield "a scope has no name"
            if not scope.spans:
                yield "a scope has no spans"
            for span in scope.spans:
                yield from faults_of_span(span)


def tell(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        faults = []
        if self.path != "/v1/traces":
            faults.append(f"there is nothing at {self.path}")
        for name, allowed in [("content-type", [MEDIA_TYPE]), ("content-encoding", [None, "identity"])]:
            values = self.headers.get_all(name, [None])
            if len(values) != 1 or values[0] not in allowed:
                faults.append(f"`{name}` is {values}")
        request = ExportTraceServiceRequest()
        try:
            request.ParseFromString(body)
            faults += faults_of(request)
        except DecodeError as fault:
            faults.append(f"the body cannot be decoded: {fault}")
        headers = {name.lower(): value for name, value in self.headers.items()}
        tell({"path": self.path, "headers": headers, "request": MessageToDict(request), "faults": faults})
        if MODE == "slow":
            threading.Event().wait()
        answer = ExportTraceServiceResponse().SerializeToString()
        self.send_response(400 if faults else 200 if MODE == "ok" else 503)
        self.send_header("content-type", MEDIA_TYPE)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
server.daemon_threads = True
tell({"port": server.server_address[1]})
server.serve_forever()
