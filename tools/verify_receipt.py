#!/usr/bin/env python3
"""Check a Shiyu receipt, a witness file, and the sealed lines, without Shiyu.

    python3 verify_receipt.py RECEIPT.json --key KEY
    python3 verify_receipt.py RECEIPT.json --witness WITNESS.jsonl [--key KEY]
    python3 verify_receipt.py --witness WITNESS.jsonl --lines LINES.jsonl [--key KEY]

KEY is the public key (64 hexadecimal digits) as the city shows it; keep it from another source
than the files. Without it the key that the witness file begins with is believed, and said so.

This file stands alone: it needs Python 3.9 or later and nothing else, and shares no code with
the program whose word it checks. Exit status 0: all that was asked holds; 1: something does not;
2: a file cannot be read.

What it reckons, for whoever wants to write it again:

    leaf     H(00 ‖ line)              line: the bytes of the line in the receipt or the dump
    node     H(01 ‖ left ‖ right)      the last of an odd row goes up as it is (RFC 6962)
    head     H(02 ‖ batch)             batch: the text of the batch, which names the head before
    mark     Ed25519 over the mark's JSON without "signature": names in order, no spaces, ASCII
    link     "previous" of a mark: SHA-256 of the line before it
    words    SHA-256(salt ‖ newline ‖ text), in the line as its commitment
"""

import argparse
import datetime
import hashlib
import json
import sys

ZERO = "0" * 64


class Fault(Exception):
    """Something does not hold; says what."""


# ---- hashes and trees ----------------------------------------------------------------------------


def hash_named(name):
    if name not in ("sha256", "sm3"):
        raise Fault(f"the hash function {name!r} is not known here")
    try:
        hashlib.new(name)
    except ValueError:
        raise Fault(f"this Python has no {name}; use one whose OpenSSL offers it") from None
    return lambda data: hashlib.new(name, data).digest()


def tree_root(leaves, h):
    row = list(leaves)
    while len(row) > 1:
        up = [h(b"\x01" + row[i] + row[i + 1]) for i in range(0, len(row) - 1, 2)]
        row = up + row[-1:] if len(row) % 2 else up
    return row[0]


def climb(leaf, index, size, path, h):
    """The root that follows from a leaf and its path (RFC 9162, 2.1.3.2)."""
    if type(index) is not int or type(size) is not int or not 0 <= index < size:
        raise Fault("the place in the tree is impossible")
    at, last, node = index, size - 1, leaf
    for step in path:
        side = unhex(step)
        if last == 0:
            raise Fault("the path is too long")
        if at % 2 or at == last:
            node = h(b"\x01" + side + node)
            while at and not at % 2:
                at, last = at // 2, last // 2
        else:
            node = h(b"\x01" + node + side)
        at, last = at // 2, last // 2
    if last:
        raise Fault("the path is too short")
    return node


def unhex(text):
    try:
        found = bytes.fromhex(text)
    except (TypeError, ValueError):
        raise Fault("a hash is not written in hexadecimal") from None
    if len(found) != 32:
        raise Fault("a hash is not 32 bytes long")
    return found


# ---- Ed25519, as RFC 8032 gives it: slow, and enough for checking --------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if x % 2 != sign else x


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def add(a, b):
    one = (a[1] - a[0]) * (b[1] - b[0]) % P
    two = (a[1] + a[0]) * (b[1] + b[0]) % P
    three, four = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = two - one, four - three, four + three, two + one
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(n, a):
    found = (0, 1, 1, 0)
    while n:
        if n & 1:
            found = add(found, a)
        a, n = add(a, a), n >> 1
    return found


def equal(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def is_signed(public, data, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r = point(public), point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + data).digest(), "little") % ORDER
    return equal(times(s, BASE), add(r, times(k, a)))


# ---- marks ---------------------------------------------------------------------------------------


def read_object(text, form, what):
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Fault(f"{what} is not JSON") from None
    if not isinstance(found, dict) or found.get("form") != form:
        raise Fault(f"{what} is not a {form}")
    return found


def key_name(public):
    return hashlib.sha256(unhex(public)).hexdigest()[:16]


def check_signature(mark, public):
    body = {name: value for name, value in mark.items() if name != "signature"}
    data = json.dumps(body, separators=(",", ":"), sort_keys=True, ensure_ascii=True).encode()
    try:
        signature = bytes.fromhex(mark.get("signature", ""))
    except (TypeError, ValueError):
        raise Fault("a signature is not written in hexadecimal") from None
    if mark.get("key") != key_name(public) or not is_signed(unhex(public), data, signature):
        raise Fault(f"mark {mark.get('seq')} was not signed with the key {key_name(public)}")


def read_witness(path, key):
    """Every mark of a witness file, every link and signature checked; the keys by name."""
    marks, keys, link = [], {}, ZERO
    with open(path, "rb") as file:
        for row, raw in enumerate(file, 1):
            text = raw.decode("utf-8", "replace").rstrip("\n")
            try:
                mark = read_object(text, "shiyu-mark-1", f"line {row}")
            except Fault:
                print(f"  line {row} of the witness file is torn; passed over")
                continue
            if mark.get("previous") != link or mark.get("seq") != len(marks) + 1:
                raise Fault(f"line {row} of the witness file does not follow the line before it")
            if mark.get("kind") == "key":
                keys.setdefault(key_name(mark["public"]), mark["public"])
                if not marks and key and mark["public"] != key:
                    raise Fault("the witness file begins with another key than the one given")
                if not marks and mark.get("key") != key_name(mark["public"]):
                    raise Fault("the first key did not sign itself")
            elif not marks:
                raise Fault("the witness file does not begin with a key")
            if mark.get("key") not in keys:
                raise Fault(f"line {row} is signed with a key that no line before introduces")
            check_signature(mark, keys[mark["key"]])
            link = hashlib.sha256(text.encode()).hexdigest()
            marks.append((text, mark))
    if not marks:
        raise Fault("the witness file is empty")
    return marks, keys


# ---- a receipt -----------------------------------------------------------------------------------

BATCH = (
    *("form", "no", "algorithm", "lines", "first_at", "last_at", "first_id", "last_id"),
    *("root", "previous", "span", "emptied", "sealed_at"),
)


def read_batch(text):
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        raise Fault("a batch is not JSON") from None
    if not isinstance(found, list) or len(found) != len(BATCH) or found[0] != "shiyu-head-1":
        raise Fault("a batch is not a shiyu-head-1")
    batch = dict(zip(BATCH, found))  # noqa: B905 - an older Python
    if type(batch["no"]) is not int or type(batch["lines"]) is not int or batch["lines"] < 1:
        raise Fault("a batch has strange numbers")
    batch["head"] = hash_named(batch["algorithm"])(b"\x02" + text.encode())
    return batch


def check_receipt(text, key, marks, keys):
    """Check one receipt; prints what it proves."""
    found = read_object(text, "shiyu-proof-1", "the receipt")
    for name in ("line", "batch", "mark"):
        if not isinstance(found.get(name), str):
            raise Fault(f"the receipt lacks its {name}")
    for name in ("path", "batch_path"):
        if not isinstance(found.get(name), list):
            raise Fault(f"the receipt lacks its {name}")
    batch = read_batch(found["batch"])
    h = hash_named(batch["algorithm"])
    leaf = h(b"\x00" + found["line"].encode())
    if climb(leaf, found.get("index"), batch["lines"], found["path"], h).hex() != batch["root"]:
        raise Fault("the line is not in the batch")
    print(f"✓ the line is one of the {batch['lines']} in batch {batch['no']}")
    mark = read_object(found["mark"], "shiyu-mark-1", "the mark")
    if mark.get("kind") != "head":
        raise Fault("the mark is not one of a head")
    for name in ("first", "batch"):
        if type(mark.get(name)) is not int:
            raise Fault("the mark has strange numbers")
    h = hash_named(mark.get("algorithm"))
    leaf, size = h(b"\x00" + batch["head"]), mark["batch"] - mark["first"] + 1
    root = climb(leaf, batch["no"] - mark["first"], size, found["batch_path"], h)
    if root.hex() != mark.get("root"):
        raise Fault("the batch is not among those that the mark covers")
    print(f"✓ the batch is among those that were witnessed at {mark.get('at')}")
    check_witnessed(found["mark"], mark, key, marks, keys)
    check_words(found)
    tell_line(found)


def check_witnessed(text, mark, key, marks, keys):
    if marks:
        if not any(text == said for said, _mark in marks):
            raise Fault("the mark is not in the witness file")
        print(f"✓ the mark is number {mark['seq']} of {len(marks)} in the witness file")
        check_signature(mark, keys[mark["key"]])
    elif key:
        check_signature(mark, key)
    else:
        print("? the signature of the mark was NOT checked: give --key or --witness")
        return
    print(f"✓ the mark is signed with the key {mark['key']}")


def check_words(found):
    words = found.get("words")
    if words is None:
        return
    commitment = json.loads(found["line"])[9]
    said = f"{words.get('salt')}\n{words.get('text')}" if isinstance(words, dict) else ""
    if hashlib.sha256(said.encode()).hexdigest() != commitment:
        raise Fault("the words are not those that the line commits to")
    print("✓ the words are those that were reported")


def tell_line(found):
    line = json.loads(found["line"])
    recorded = datetime.datetime.fromtimestamp(line[2] / 1e6, datetime.timezone.utc)  # noqa: UP017
    print(f"  line {line[1]}: {line[5]} of {line[4]}, recorded {recorded:%Y-%m-%d %H:%M:%S} UTC")


# ---- the whole chain -----------------------------------------------------------------------------


def check_lines(path, marks):
    """Reckon every head from the dumped lines, and compare with every mark."""
    wanted = standing_marks(marks)
    batches, lines, head, heads, since = 0, 0, ZERO, [], 0
    with open(path, "rb") as file:
        while text := file.readline():
            batch = read_batch(text.decode().rstrip("\n"))
            no, h = batch["no"], hash_named(batch["algorithm"])
            if no != batches + 1 or batch["previous"] != head:
                raise Fault(f"batch {no} does not follow the one before it")
            leaves = [h(b"\x00" + read_whole(file, no)) for _ in range(batch["lines"])]
            if tree_root(leaves, h).hex() != batch["root"]:
                raise Fault(f"the lines of batch {no} are not those that were sealed")
            batches, lines, head = no, lines + len(leaves), batch["head"].hex()
            heads.append(batch["head"])
            for mark in wanted.pop(no, []):
                check_mark(mark, head, lines, heads, since)
                heads, since = [], no
    if wanted:
        raise Fault(f"batch {min(wanted)} was witnessed, and the lines end before it")
    witnessed = max((m["batch"] for _t, m in marks if m["kind"] != "key"), default=0)
    print(f"✓ {lines} lines in {batches} batches follow one another; {witnessed} are witnessed")


def read_whole(file, no):
    line = file.readline()
    if not line.endswith(b"\n"):
        raise Fault(f"the lines end within batch {no}")
    return line[:-1]


def standing_marks(marks):
    """Marks by batch, without those that a recorded restore has overtaken."""
    backs = [(m["seq"], m["batch"]) for _text, m in marks if m["kind"] == "back"]
    wanted = {}
    for _text, mark in marks:
        overtaken = any(mark["seq"] < seq and mark.get("batch", 0) > b for seq, b in backs)
        if mark["kind"] in ("head", "back") and mark["batch"] and not overtaken:
            wanted.setdefault(mark["batch"], []).append(mark)
    return wanted


def check_mark(mark, head, lines, heads, since):
    if mark["head"] != head or mark["lines"] != lines:
        raise Fault(f"batch {mark['batch']} is not as it was witnessed at {mark['at']}")
    if mark["kind"] == "head" and mark["first"] == since + 1 and heads:
        h = hash_named(mark["algorithm"])
        if tree_root([h(b"\x00" + one) for one in heads], h).hex() != mark["root"]:
            raise Fault(f"batches {mark['first']} to {mark['batch']} are not as witnessed")


# ---- the command ---------------------------------------------------------------------------------


def main(arguments=None):
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asked.add_argument("receipt", nargs="?", help="the JSON file given with a report")
    asked.add_argument("--witness", help="a copy of the city's witness file")
    asked.add_argument("--key", default="", help="the city's public key, in hexadecimal")
    asked.add_argument("--lines", help="the file that `shiyu verify journal --dump` writes")
    how = asked.parse_args(arguments)
    if not how.receipt and not how.witness:
        asked.error("give a receipt, a witness file, or both")
    if how.lines and not how.witness:
        asked.error("--lines needs --witness")
    try:
        marks, keys = read_witness(how.witness, how.key) if how.witness else ([], {})
        if marks:
            print(f"✓ the witness file is whole: {len(marks)} marks, to {marks[-1][1]['at']}")
            if not how.key:
                print(f"? its first key was believed: {marks[0][1]['public']}")
        if how.lines:
            check_lines(how.lines, marks)
        if how.receipt:
            with open(how.receipt, encoding="utf-8") as file:
                check_receipt(file.read(), how.key, marks, keys)
    except Fault as fault:
        print(f"✗ {fault}")
        return 1
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        print(f"✗ something in the files has a strange form ({type(error).__name__})")
        return 1
    except OSError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
