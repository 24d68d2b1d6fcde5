"""What schemathesis is told beside its configuration: who asks, what there is, and mends of its own."""

import json
import os
import random
import re

import requests
import schemathesis

SERVER = os.environ["CONTRACT_SERVER"]
OWNER = os.environ.get("CONTRACT_OWNER")
PASSWORD = os.environ.get("CONTRACT_PASSWORD")

# What `fill.py` has made: for each parameter of a path the values that name something.
KNOWN = json.load(open(os.environ["CONTRACT_KNOWN"], encoding="utf-8"))


class Owner:
    """A session. Some of the operations under test end sessions, this one among them."""

    def get(self, case, context):
        body = {"email": OWNER, "password": PASSWORD}
        answer = requests.post(f"{SERVER}/api/v1/auth/login", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()["token"]

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


if OWNER is not None:
    schemathesis.auth(refresh_interval=3600, retry_on=[401])(Owner)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Sends what can be meant.

    Of two ways to show who one is, it makes both up at once: they are alternatives, and one of them is sent. Where
    an answer says `null`, as of the agent of a run that has none, it goes on to the address of `None`.
    """
    if "Authorization" in case.headers and case.cookies:
        case.cookies.pop("gathering_session", None)
    for name, value in (case.path_parameters or {}).items():
        if value in (None, "None") and name in KNOWN:
            case.path_parameters[name] = random.choice(KNOWN[name])


@schemathesis.hook
def map_case(context, case):
    without_numbers(case)
    with_known(case)
    return case


def with_known(case):
    """Lets half of the requests name what is there. The stateful phase finds that by itself, and removes it."""
    phase = getattr(case.meta, "phase", None)
    tested = getattr(getattr(phase, "data", None), "parameter_location", None)
    made_up = phase is not None and phase.name in ("coverage", "fuzzing") and tested != "path"
    if not made_up or case.method == "DELETE" or random.random() < 0.5:
        return
    for name in case.path_parameters or {}:
        # Providers, secrets and tools all have a `name`.
        kind = case.path.split("/")[3] if name == "name" else name
        if kind in KNOWN:
            case.path_parameters[name] = random.choice(KNOWN[kind])


def without_numbers(case):
    """Takes a number out of headers that have another pattern.

    The coverage phase of 4.32 makes numbers up for a header that is a text, to see them refused, and then goes
    on to use `0` as a good value of it: everything else about such a request would go unseen.
    """
    tested = getattr(getattr(case.meta, "phase", None), "data", None)
    for header in case.operation.headers:
        pattern = header.definition.get("schema", {}).get("pattern")
        value = case.headers.get(header.name)
        if pattern is None or not isinstance(value, str) or not re.fullmatch(r"[0-9.]+", value):
            continue
        if re.search(pattern, value) or getattr(tested, "parameter", None) == header.name:
            continue
        case.headers.pop(header.name)
