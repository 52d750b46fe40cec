#!/usr/bin/env python3
"""Checks a bundle by docs/log-format.md alone. KEY: the store's verifier key, from elsewhere (without it a bundle only
fits itself). FILE: signed checkpoints seen earlier. `weft audit verify BUNDLE` executes the program again as well."""
import argparse, hashlib, re, struct, sys  # noqa: E401
from base64 import b64decode, b64encode as b64
# Number, F fact or C command (f, c: without payload), body: N bytes of anything, zN zeros, cN a code up to N (wN of 2
# bytes, eN of 4), m a currency, s a status of an end.
KINDS = {int(line.split()[0][:-1]): (line.split()[0][-1], line.split()[1:]) for line in """
1F 100 c3 88/2C s z7 e11 z4/3f z8/4C 24 c3 c2 m 8/5f 12 z4 16/6F 10 c4 c2 4 8 m z6/7f 10 c2 z5/8F 8 c1 c3 z6 16/9c 16 c4
z7 8/10f 8/11F 4 z4 16/12c 12 z4/13c 16/14C c2 11/15C 24/16F 8 c3 z7 16/17c 16/18c 8 c2 z7/19F 16/20F 16/21C c5 z7 8
/22F 16/23F 16/24C 24 m z6/25F 8 c3 z7 24/26C z8/27C 10 z6 8/28f 8/29c 8/30C 20 c1 z3/31F 8 s z7 32/32F 80/33F 48/34F w3
z6 16/40c 16/64f 6 z2 4 z4 16/65f c1 z7/66F c3 z7 48/67F c3 z7 32/68f 16 c2 z7/69F 16 c2 z3 4/70f 16/71f 24 c1 z7 32/72F
4 z4 16/73F 12 z4/74F 4 z4/75f 60 z4 16/76f 4 z4 24/77f 8/78F c2 z7 16/79f 8/80F 32 c1 z7/81F 40 c4 z3 4""".split("/")}
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # Ed25519, RFC 8032
D, DASH = -121665 * pow(121666, -1, P) % P, "\u2014 ".encode()
sha = lambda *parts: hashlib.sha256(b"".join(parts)).digest()

def need(condition, what):
    if not condition:
        raise ValueError(what)

def unbase(text, size):
    out = b64decode(text, validate=True)
    need(len(out) == size and b64(out) == text, "malformed base64")
    return out

def add(a, b):
    s, t, u, v = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0]), 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = (t - s) % P, (v - u) % P, (v + u) % P, (t + s) % P
    return e * f % P, g * h % P, f * g % P, e * h % P

def multiply(scalar, point):
    double = multiply(scalar >> 1, add(point, point)) if scalar else (0, 1, 1, 0)
    return add(double, point) if scalar & 1 else double

def decompress(data):
    y, sign = int.from_bytes(data, "little") & (1 << 255) - 1, data[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    need(y < P and x * x % P == square and (x or not sign), "a key or signature is no point of the curve")
    return (x, y, 1, x * y % P) if x & 1 == sign else (P - x, y, 1, (P - x) * y % P)

def check_signed(name, public, text, line):
    sealed, is_name = unbase(line[len(DASH + name) + 1:], 68), line.startswith(DASH + name + b" ")
    need(is_name and sealed[:4] == sha(name, b"\n\x01", public)[:4], "a note is signed by another name or key")
    a, r, s = decompress(public), decompress(sealed[4:36]), int.from_bytes(sealed[36:], "little")
    k = int.from_bytes(hashlib.sha512(sealed[4:36] + public + text).digest(), "little") % L
    need(s < L and multiply(8, a)[0] and multiply(8, r)[0], "a signature is malformed")
    left, right = multiply(s, decompress((4 * pow(5, -1, P) % P).to_bytes(32, "little"))), add(r, multiply(k, a))
    need(all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1)), "a signature is wrong")

def open_note(name, public, note):
    text, end, line = note.rpartition(b"\n\n")
    need(end and line.endswith(b"\n") and b"\n" not in line[:-1], "a signed note is malformed")
    check_signed(name, public, text + b"\n", line[:-1])
    return text + b"\n"

def open_checkpoint(name, public, note):
    match = re.fullmatch(rb"([^\n]+)\n(0|[1-9][0-9]{0,19})\n([^\n]+)\n\n((?:\xe2\x80\x94 [^\n]*\n)+)", note)
    need(match and match[1] == name and int(match[2]) < 1 << 64, "a checkpoint is malformed, or another store's")
    check_signed(name, public, note[:match.end(3) + 1], match[4].split(b"\n")[0])
    return int(match[2]), unbase(match[3], 32)

def cover_root(leaves, proof, begin, end):
    is_empty = not leaves or leaves[0][0] >= end
    if is_empty or end - begin == 1:
        return proof.pop(0) if is_empty else leaves.pop(0)[1]
    middle = begin + (1 << (end - begin - 1).bit_length() - 1)
    return sha(b"\1", cover_root(leaves, proof, begin, middle), cover_root(leaves, proof, middle, end))

def two_roots(old, begin, end, known, proof):
    if old == end:
        return (known or proof.pop(0),) * 2
    middle = begin + (1 << (end - begin - 1).bit_length() - 1)
    if old <= middle:
        first, whole = two_roots(old, begin, middle, known, proof)
        return first, sha(b"\1", whole, proof.pop(0))
    (first, whole), left = two_roots(old, middle, end, None, proof), proof.pop(0)
    return sha(b"\1", left, first), sha(b"\1", left, whole)

class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0
    def take(self, size):
        need(size <= len(self.data) - self.at, "the bundle ends too early")
        self.at += size
        return self.data[self.at - size:self.at]
    number = lambda self, size: int.from_bytes(self.take(size), "little")
    def value(self):
        start, tag = self.at, self.number(1)
        need(tag < 15, "a payload is malformed")
        self.take({3: 8, 4: 16, 5: 19, 8: 8, 9: 4, 10: 8, 13: 4}.get(tag, 0))
        for _ in range(self.number(4) if tag > 10 else 0):
            self.take(self.number(4) if tag == 14 else 0)
            self.value()
        self.take(self.number(4) if tag in (6, 7) else 0)
        return self.data[start:self.at]

class Record:
    def __init__(self, leaf, data):
        self.leaf, self.hash, self.body = leaf, sha(b"\0", data), data[120:]
        form, self.kind, flags, size, zero, _, self.branch, self.run, self.seq, self.time, _, self.prev, \
            self.commitment = struct.unpack("<HBBHHII16sQqQ32s32s", data[:120])
        need(form == 1 and self.kind in KINDS and not zero and size == len(self.body), "a record's head is malformed")
        side, layout = KINDS[self.kind]
        need(flags < 16 and flags & 1 == (side in "Ff") and (side in "Ff" or not flags & 12) and self.time >= 0
             and flags & 2 == 2 * (self.commitment != bytes(32)) <= 2 * (side in "FC"), "a record's flags are wrong")
        need((self.kind >= 64) == (self.run == bytes(16)) and (self.seq == 0) == (self.prev == bytes(32))
             and (self.kind >= 64 or (self.kind == 1) == (self.seq == 0)), "a record is not where its kind stands")
        body = Reader(self.body)
        for token in layout:
            letter, number = token[0], int(token.lstrip("zcwesm") or 0)
            value = body.number(number if letter in "z123456789" else {"m": 2, "w": 2, "e": 4}.get(letter, 1))
            most = {"z": 0, "m": 17576, "s": 8}.get(letter, number)
            need(letter.isdigit() or (letter == "s") * 4 <= value <= most, "a code or a zero of a body is wrong")
        need(body.at == size, "a body's length is wrong")

class Run:
    def __init__(self):
        self.records, self.calls, self.used, self.due, self.busy = [], {}, set(), set(), set()
    def follow(self, r):
        last, kind, body = self.records[-1] if self.records else r, r.kind, r.body
        need(r.seq == (last.seq + 1 if self.records else 0) and r.prev in (last.hash, bytes(32)) and last.kind != 2
             and r.time >= last.time, f"leaf {r.leaf}: the run's chain is broken")
        number, head = lambda part: int.from_bytes(part, "little"), self.records[0].body if self.records else bytes(157)
        first, attempt, old, tag = number(body[:8]), number(body[8:10]), number(body[32:40]), body[8:]
        known, attempts, is_open, done, branch = self.calls.get(first, (False, 0, 0, False, 0))
        ticket = (kind, first, body[8:12]) if kind == 40 else (kind, first)
        need({2: not {d[0] for d in self.due} & {29, 31 * (body[0] != 8)} and (body[0] == 8 or not self.busy),
              1: body[100:101] > b"\0" or not any(body[101:157]), 4: (4, body[:16]) not in self.used,
              5: known and is_open != 1 and not done and attempt == attempts + 1 and body[10:12] == b"\1\0",
              6: known and number(body[12:16]) < {b"\0": 1, b"\1": 12}.get(body[11:12], 1 << 32) and (
                  tag[2:3] == b"\4" or is_open == 1 and attempt == attempts), 7: known, 8: known or not first,
              15: first == r.seq or (15, first) in self.used, 16: (15, first) in self.used,
              17: not known or is_open or done or not attempts, 25: known and not attempts and (
                  head[100:101] + tag[8:24] == b"\2" + head[101:117] and 0 < old < number(head[117:125])
                  if tag[:1] == b"\3" else tag[:1] != b"\2" or not old or tag[8:24] == r.run and old in self.calls),
              }.get(kind, kind not in (10, 28, 29, 31, 40) or ticket in self.due) and
             (kind not in (4, 12, 14, 15, 17, 27, 30) or r.branch not in self.busy), f"leaf {r.leaf} is misplaced")
        self.records.append(r)
        fresh = {9: (10, first), 11: (40, r.seq, body[:4]), 27: (28, first), 28: (29, first), 30: (31, r.seq)}.get(kind)
        is_due = fresh and (kind, tag) not in self.used and (kind != 30 or not body[20])  # none awaits a detached run
        self.due = self.due - {ticket} | ({fresh} if is_due else set())
        if kind == 4:
            self.calls[r.seq] = True, 0, 0, False, r.branch
        elif known and kind in (5, 6, 8, 25) and tag[2:3] != (b"\4" if kind == 6 else b""):
            done = done or {6: tag[2:3] == b"\0", 8: tag[:1] == b"\1", 25: True}.get(kind, False)
            is_open = {5: 1, 6: 2 * (tag[2:3] == b"\2"), 8: 0}.get(kind, is_open)  # 2: in doubt
            self.calls[first] = True, attempt if kind == 5 else attempts, is_open, done, branch
            self.busy = self.busy - {branch} | ({branch} if is_open == 1 else set())
        elif kind == 32:  # what was told is told again, locks are asked for again
            self.due, self.used = {d for d in self.due if d[0] in (10, 31)}, {u for u in self.used if u[0] != 11}
        self.used.add({4: (4, body[:16]), 11: (11, tag), 15: (15, first)}.get(kind, (0,)))

def check_decision(origin, r, review, roots, keys):
    payload = Reader(r.payload or bytes(5))
    if payload.take(5) != b"\x0c\5\0\0\0":
        return 0
    by, reason, role, values, note = (payload.value() for _ in range(5))
    tree, key = note[5:].split(b"\n\n")[0].split(b"\n")[-2:]
    size, root, public = int(tree.split(b" ")[1]), unbase(tree.split(b" ")[2], 32), unbase(key[4:], 32)
    text = b"weft decision 1\norigin %b\nrun %b\ntask %d\nreview %b\ndecision %b\nby %b\nrole %b\n" % (
        origin, r.run.hex().encode(), int.from_bytes(r.body[:8], "little"), review.hash.hex().encode(),
        (b"approve", b"reject", b"expired", b"revise")[r.body[8]], by[5:], role[5:])
    text += b"reason %b\nvalues %b\ntree %d %b\nkey %b\n" % (
        sha(reason[5:]).hex().encode(), sha(values).hex().encode(), size, b64(root), b64(public))
    need(open_note(b"approver", public, note[5:]) == text, "another decision was signed")
    need(size > review.leaf and roots.get(size) == root, "the tree that was seen is not shown to be of this log")
    added, name = keys.get((66, b"\3" + bytes(7), public), (r.leaf, b""))
    need(added < r.leaf < keys.get((67, b"\3" + bytes(7), name), (r.leaf + 1,))[0], "the decision's key was not in use")
    return 1

def check(data, trusted=b"", witness=b""):
    reader, names, parts = Reader(data), (b"key ", b"note", b"prog", b"imag", b"recs", b"path", b"earl", b"seal"), []
    need(reader.take(14) == b"weft bundle 1\n", "this is no bundle of format 1")
    while reader.at < len(data):
        sealed, name = reader.at, reader.take(4)
        parts.append((name, reader.take(reader.number(8))))
    find = lambda wanted: [content for name, content in parts if name == wanted]
    need([n for n, _ in parts] == [n for n in names for _ in find(n)], "the bundle's parts are not in order")
    (key,), (note,), (recs,), (path,), (seal,) = (find(n) for n in (b"key ", b"note", b"recs", b"path", b"seal"))
    origin, digest, text = key.split(b"+", 2)
    public = unbase(text, 33)[1:]
    is_whole = text == b64(b"\1" + public) and digest == sha(origin, b"\n\1", public)[:4].hex().encode()
    need(is_whole and trusted in (b"", key), "a malformed key, or another store's")
    size, root = open_checkpoint(origin, public, note)
    roots, runs, keys, leaves, system = {size: root}, {}, {}, [], -1
    for part in map(Reader, find(b"earl")):
        old, old_root = open_checkpoint(origin, public, part.take(part.number(4)))
        proof = [one for one, in struct.iter_unpack("32s", part.data[part.at:])]
        need(0 < old < size and old not in roots, "an earlier checkpoint is not one")
        need(two_roots(old, 0, size, old_root, proof) == (old_root, root) and not proof, "the log was forked")
        roots[old] = old_root
    part = Reader(recs)
    while part.at < len(recs):
        r = Record(part.number(8), part.take(part.number(2)))
        state, r.payload = part.number(1), None
        need(state < 4 and (state == 0) == (r.commitment == bytes(32)), "a payload's state is wrong")
        if state == 1:
            opened = part.take(16) + part.take(8)
            r.payload = part.take(int.from_bytes(opened[16:], "little"))
            need(sha(b"\2", opened, r.payload) == r.commitment, "a payload is not what was committed to")
        need((leaves[-1][0] if leaves else -1) < r.leaf < size, "the leaves are not in order")
        leaves.append((r.leaf, r.hash))
        if r.kind < 64:
            runs.setdefault(r.run, Run()).follow(r)
            continue
        need(r.seq > system, "the system chain is not in order")
        system = r.seq
        keys.setdefault((r.kind, r.body[:8], r.body[24:] if r.kind == 66 else r.body[8:24]), (r.leaf, r.body[8:24]))
    count, proof = len(leaves), [one for one, in struct.iter_unpack("32s", path)]
    need(cover_root(leaves, proof, 0, size) == root and not proof and not leaves and runs, "records not in the tree")
    begins = [run.records[0] for run in runs.values()]
    for begin in begins[1:]:
        start = runs[begin.body[101:117]].records[int.from_bytes(begin.body[117:125], "little")]
        need(begin.body[100] == 1 and start.kind == 30 and start.body[:16] == begin.run
             and start.hash == begin.body[125:157], "no run of the bundle began this one")
    need(sum(r.kind == 30 for run in runs.values() for r in run.records) == len(begins) - 1, "a sub-run is left out")
    programs, signed = [sha(p.take(p.number(8))) for p in map(Reader, find(b"prog"))], 0
    for run, r in ((run, r) for run in runs.values() for r in run.records if r.kind in (16, 31)):
        reviews = [o for o in run.records[:r.seq] if o.kind == 15 and o.body[:8] == r.body[:8]]
        signed += check_decision(origin, r, reviews[-1], roots, keys) if r.kind == 16 else 0
        child = runs.get(run.records[int.from_bytes(r.body[:8], "little")].body[:16]) if r.kind == 31 else None
        end = child and child.records[-1]
        need(not end or (end.kind, end.hash, end.body[0]) == (2, r.body[16:], r.body[8]), "another end was told")
    need(sorted(programs) == sorted({b.body[:32] for b in begins} | {i[17:49] for i in find(b"imag")}), "no programs")
    images = {r.body[32 * (r.kind < 33):][:32] for run in runs.values() for r in run.records if r.kind in (1, 32, 33)}
    need(sorted(map(sha, find(b"imag"))) == sorted(images) and {sha(i) + i[13:49] for i in find(b"imag")} >= {
        b.body[32:64] + b.body[96:100] + b.body[:32] for b in begins}, "images of other runs, or of other programs")
    witnessed = re.findall(rb"[^\n]+\n[^\n]+\n[^\n]+\n\n(?:\xe2\x80\x94 [^\n]*\n)+", witness)
    need(b"".join(witnessed).split() == witness.split(), "a witnessed checkpoint is malformed")
    for old, old_root in (open_checkpoint(origin, public, one) for one in witnessed):
        need(roots.get(old) == old_root, f"the bundle doesn't continue what was witnessed at {old} records")
    text = origin + b"/bundle\n" + b64(sha(data[:sealed])) + b"\n"
    need(open_note(origin + b"/bundle", public, seal) == text, "the bundle is not what it was sealed as")
    return f"{count} records of {len(runs)} runs stand in the tree of {size}, {signed} decisions are signed, " \
           f"{len(witnessed)} checkpoints were seen before: the bundle holds. Key: {key.decode()}"

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", metavar="BUNDLE", type=argparse.FileType("rb"))
    parser.add_argument("--key", metavar="KEY", type=lambda k: k.encode() or parser.error("empty KEY"), default=b"")
    parser.add_argument("--witness", metavar="FILE", type=argparse.FileType("rb"))
    given = parser.parse_args()
    try:
        print(check(given.data.read(), given.key, given.witness.read() if given.witness else b""))
    except (OSError, ValueError, LookupError, TypeError, RecursionError, struct.error) as found:
        sys.exit(f"the bundle does not hold: {found}")
