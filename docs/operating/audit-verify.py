"""Verifies an export of the audit trail by docs/operating/audit-format.md alone, without Gathering.

    python3 audit-verify.py FILE [ID-OF-THE-KEY]

Ends with status 0 if the file is sound. Needs nothing but Python's own library.
"""
import hashlib
import json
import sys

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def point(data):
    """The point that 32 bytes stand for (RFC 8032, 5.1.3)."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("not a point")
    return (P - x if x & 1 != sign else x, y)


def add(a, b):
    (ax, ay), (bx, by) = a, b
    k = D * ax * bx * ay * by
    x = (ax * by + bx * ay) * pow(1 + k, -1, P)
    return (x % P, (ay * by + ax * bx) * pow(1 - k, -1, P) % P)


def times(n, a):
    sum_ = (0, 1)
    while n:
        if n & 1:
            sum_ = add(sum_, a)
        a, n = add(a, a), n >> 1
    return sum_


BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def signed(public, message, signature):
    """Whether Ed25519 (RFC 8032, 5.1.7) accepts the signature."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(r + public + message).digest(), "little") % ORDER
    return times(s, BASE) == add(point(r), times(h, point(public)))


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def verify(path, pinned):
    def need(holds, what):
        if not holds:
            sys.exit(f"line {number}: {what}")

    keys, heads, ends = {}, [], {}
    digest, entries, checkpoints, over, whole, chain = hashlib.sha256(), 0, 0, False, False, None
    for number, raw in enumerate(open(path, "rb"), 1):
        line = json.loads(raw)
        kind, before = line["type"], digest.digest()
        digest.update(raw)
        need(not over and raw.endswith(b"\n"), "the file goes on after its end")
        need((kind == "header") == (number == 1), "a header is the first line and no other")
        if kind == "header":
            need(line["format"] == "gathering-audit-1", "another format")
            whole = line["from"] is None and line["to"] is None
            part = (line["from"] or "the beginning", line["to"] or "the end")
        elif kind == "key":
            public = bytes.fromhex(line["public_key"])
            need(sha(public).hex() == line["id"], "the id is that of another key")
            need(pinned is None or pinned == line["id"], "not the key that is trusted")
            keys[line["id"]] = public
        elif kind == "checkpoints":
            last, link = line["after"], bytes.fromhex(line["hash"])
            need(not whole or (last == 0 and link == bytes(32)), "checkpoints are missing")
        elif kind == "checkpoint":
            content = line["content"].encode()
            read, signature = json.loads(content), bytes.fromhex(line["signature"])
            need(line["number"] == read["number"] == last + 1, "checkpoints are missing")
            need(bytes.fromhex(read["before"]) == link, "it follows on another checkpoint")
            message = b"gathering audit checkpoint 1\n" + content
            need(signed(keys[read["key"]], message, signature), "the signature does not hold")
            last, link, checkpoints = read["number"], sha(content), checkpoints + 1
            heads += [(head["stream"], head["seq"], head["hash"]) for head in read["heads"]]
        elif kind == "chain":
            need(chain is None or seq == upto, "entries are missing before this line")
            chain, seq, upto = line["stream"], line["after"], line["upto"]
            need(chain not in ends and not (whole and seq), "a chain twice, or not from its beginning")
            above = bytes.fromhex(line["hash"])
            need(seq or above == sha(b"gathering audit chain 1\n", chain.encode()), "no beginning")
            ends[chain] = (seq, upto, {seq: line["hash"]})
        elif kind == "entry":
            need((line["stream"], line["seq"]) == (chain, seq + 1), "entries are missing or moved")
            above = sha(above, line["content"].encode())
            need(above.hex() == line["hash"], "the entry was changed")
            seq, entries = seq + 1, entries + 1
            ends[chain][2][seq] = line["hash"]
        elif kind == "end":
            need(chain is None or seq == upto, "entries are missing before this line")
            need(line["sha256"] == before.hex(), "the lines before were changed")
            need((line["entries"], line["checkpoints"]) == (entries, checkpoints), "lines are missing")
            message = b"gathering audit export 1\n" + before
            signature = bytes.fromhex(line["signature"])
            need(signed(keys[line["key"]], message, signature), "the signature does not hold")
            over = True
        else:
            need(False, f"an unknown line {kind}")
    need(over, "the file was cut")
    for stream, seq, hash_ in heads:
        start, upto, hashes = ends.get(stream, (0, 0, {}))
        need(seq <= upto or not whole, f"chain {stream}: entries up to {seq} are missing")
        need(seq not in hashes or hashes[seq] == hash_, f"chain {stream}: entry {seq} was changed")
    print(f"sound: {entries} entries, {len(ends)} chains, {checkpoints} checkpoints")
    if not whole:
        print("a part of the trail: from {} to {}".format(*part))


verify(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
