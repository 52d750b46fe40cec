"""Bundles taken apart, changed and put together again, signed by a key of the tests: what an operator could do who
has the store's own key. Signing is RFC 8032 over the arithmetic of the verifier that is under test."""

import hashlib
import pathlib
import struct
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tools"))

import verify_bundle as verifier  # noqa: E402

MAGIC = b"weft bundle 1\n"
SEED = bytes(range(32))
ORIGIN = b"weft.store/test"


def compress(point):
    x, y, z, _ = point
    inverse = pow(z, -1, verifier.P)
    x, y = x * inverse % verifier.P, y * inverse % verifier.P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def base():
    return verifier.decompress((4 * pow(5, -1, verifier.P) % verifier.P).to_bytes(32, "little"))


def public_key(seed=SEED):
    scalar = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little") & (1 << 254) - 8 | 1 << 254
    return compress(verifier.multiply(scalar, base()))


def sign(text, seed=SEED):
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    public = public_key(seed)
    r = int.from_bytes(hashlib.sha512(digest[32:] + text).digest(), "little") % verifier.L
    point = compress(verifier.multiply(r, base()))
    k = int.from_bytes(hashlib.sha512(point + public + text).digest(), "little") % verifier.L
    return point + ((r + k * scalar) % verifier.L).to_bytes(32, "little")


def note(name, text, seed=SEED):
    key_hash = verifier.sha(name, b"\n\1", public_key(seed))[:4]
    return text + b"\n" + verifier.DASH + name + b" " + verifier.b64(key_hash + sign(text, seed)) + b"\n"


def vkey(origin=ORIGIN, seed=SEED):
    public = b"\1" + public_key(seed)
    return origin + b"+" + verifier.sha(origin, b"\n", public)[:4].hex().encode() + b"+" + verifier.b64(public)


def root(hashes):
    if len(hashes) == 1:
        return hashes[0]
    middle = 1 << (len(hashes) - 1).bit_length() - 1
    return verifier.sha(b"\1", root(hashes[:middle]), root(hashes[middle:]))


def checkpoint(hashes, origin=ORIGIN, seed=SEED):
    text = origin + b"\n%d\n" % len(hashes) + verifier.b64(root(hashes)) + b"\n"
    return note(origin, text, seed)


def sections(data):
    """(name, offset of its content, content) of each part."""
    at, out = len(MAGIC), []
    while at < len(data):
        size = int.from_bytes(data[at + 4:at + 12], "little")
        out.append((data[at:at + 4], at + 12, data[at + 12:at + 12 + size]))
        at += 12 + size
    return out


def join(parts):
    return MAGIC + b"".join(name + len(content).to_bytes(8, "little") + content for name, content in parts)


class Entry:
    """One record with its payload as it stands in a bundle."""

    def __init__(self, leaf, record, tail):
        self.leaf, self.record, self.tail = leaf, bytearray(record), tail

    kind = property(lambda self: self.record[2])
    run = property(lambda self: bytes(self.record[16:32]))
    seq = property(lambda self: int.from_bytes(self.record[32:40], "little"))

    def set_seq(self, seq):
        self.record[32:40] = seq.to_bytes(8, "little")

    def hash(self):
        return verifier.sha(b"\0", bytes(self.record))

    def copy(self):
        return Entry(self.leaf, bytes(self.record), self.tail)


def entries(recs):
    at, out = 0, []
    while at < len(recs):
        leaf = int.from_bytes(recs[at:at + 8], "little")
        size = int.from_bytes(recs[at + 8:at + 10], "little")
        record, end = recs[at + 10:at + 10 + size], at + 11 + size
        if recs[end - 1] == 1:
            end += 24 + int.from_bytes(recs[end + 16:end + 24], "little")
        out.append(Entry(leaf, record, recs[at + 10 + size:end]))
        at = end
    return out


def write_entries(found):
    return b"".join(struct.pack("<QH", one.leaf, len(one.record)) + bytes(one.record) + one.tail for one in found)


def chain(found):
    """Numbers the records anew, in their order, and links runs, sub-runs and ends again."""
    heads, starts, subs = {}, {}, {}
    for leaf, one in enumerate(found):
        one.leaf = leaf
        if one.run == bytes(16):
            continue
        seq, prev = heads.get(one.run, (0, bytes(32)))
        one.set_seq(seq)
        one.record[56:88] = prev
        if one.kind == 1 and one.run in starts:
            one.record[245:277] = starts[one.run]
        child = subs.get((one.run, int.from_bytes(one.record[120:128], "little"))) if one.kind == 31 else None
        if child in heads:
            one.record[136:168] = heads[child][1]
        if one.kind == 30:
            subs[one.run, seq] = bytes(one.record[120:136])
            starts[subs[one.run, seq]] = one.hash()
        heads[one.run] = seq + 1, one.hash()
    return found


def forge(data, change=lambda found: found, link=True):
    """The bundle with changed records, all of it signed again by the tests' key."""
    parts = [(name, content) for name, _, content in sections(data) if name not in (b"earl", b"seal")]
    content = dict(parts)
    found = change(entries(content[b"recs"]))
    if link:
        chain(found)
    hashes = [one.hash() for one in found]
    changed = {b"key ": vkey(), b"note": checkpoint(hashes), b"recs": write_entries(found), b"path": b""}
    return seal(join([(name, changed.get(name, old)) for name, old in parts]))


def seal(unsealed):
    name = ORIGIN + b"/bundle"
    content = note(name, name + b"\n" + verifier.b64(verifier.sha(unsealed)) + b"\n")
    return unsealed + b"seal" + len(content).to_bytes(8, "little") + content


def accepts(data, key=b"", witness=b""):
    """The verdict of the Python verifier: empty, or what it found."""
    try:
        verifier.check(data, key, witness)
    except (ValueError, LookupError, TypeError, struct.error) as found:
        return str(found) or type(found).__name__
    return ""
