#!/usr/bin/env python3
"""Reads the log of a Weft store by the prose of docs/log-format.md alone, and checks its chains.

    read_log.py STORE [--list]

The store must not be in use: it is opened read-only as it lies on the disk. Exit code 1 and the leaf's
number when a record is malformed, a run's chain is broken, or a record has no place in its run.
"""
import hashlib
import sqlite3
import struct
import sys
from pathlib import Path

HEADER = struct.Struct("<HBBHHII16sQqQ32s32s")
# number: (name, "C" command or "F" fact, bytes of the body)
KINDS = {
    1: ("begin", "F", 189), 2: ("end", "C", 16), 3: ("resumed", "F", 8), 4: ("call", "C", 36),
    5: ("start", "F", 32), 6: ("outcome", "F", 32), 7: ("doubt", "F", 16), 8: ("settled", "F", 32),
    9: ("timer-set", "C", 32), 10: ("timer-fired", "F", 8), 11: ("signal", "F", 24),
    12: ("fork", "C", 16), 13: ("join", "C", 16), 14: ("gate", "C", 12), 15: ("review-open", "C", 24),
    16: ("decision", "F", 32), 17: ("undo-begin", "C", 16), 18: ("undo-end", "C", 16),
    19: ("cancel", "F", 16), 20: ("kill", "F", 16), 21: ("hold", "C", 16),
    22: ("held-by-operator", "F", 16), 23: ("released", "F", 16), 24: ("budget", "C", 32),
    25: ("hit", "F", 40), 26: ("event", "C", 8), 27: ("lock-ask", "C", 24), 28: ("lock-got", "F", 8),
    29: ("lock-freed", "C", 8), 30: ("sub-start", "C", 24), 31: ("sub-ended", "F", 48),
    32: ("migrated", "F", 80), 33: ("adopted", "F", 48), 34: ("operator", "F", 24),
    40: ("signal-taken", "C", 16),
    64: ("opened", "F", 32), 65: ("closed", "F", 8), 66: ("key-added", "F", 56),
    67: ("key-revoked", "F", 40), 68: ("actor", "F", 24), 69: ("breaker", "F", 24),
    70: ("clock-step", "F", 16), 71: ("attested", "F", 64), 72: ("erase", "F", 24),
    73: ("erased", "F", 16), 74: ("retained", "F", 8), 75: ("imported", "F", 80),
    76: ("exported", "F", 32), 77: ("schema", "F", 8), 78: ("accepted", "F", 24),
    79: ("dedupe-rotated", "F", 8), 80: ("legal-hold", "F", 40), 81: ("scheduled", "F", 48),
}
FACT, PAYLOAD, OPERATOR, COPIED = 1, 2, 4, 8


class Wrong(Exception):
    pass


def check(condition, message):
    if not condition:
        raise Wrong(message)


class Run:
    """What is known of a run while its records pass by."""

    def __init__(self):
        self.next_seq, self.head, self.time = 0, bytes(32), 0
        self.calls, self.starts, self.answered = set(), set(), set()
        self.ended = False


def decode(record):
    check(120 <= len(record) <= 1024, f"its length is {len(record)}")
    fields = HEADER.unpack_from(record)
    form, kind, flags, length, zero, site, branch, run, seq, time, fuel, prev, commitment = fields
    check(form == 1, f"its format is {form}")
    check(kind in KINDS, f"its kind is {kind}")
    name, side, size = KINDS[kind]
    check(flags < 16 and bool(flags & FACT) == (side == "F"), "wrong flags")
    check(side == "F" or not flags & (OPERATOR | COPIED), "wrong flags")
    check(zero == 0, "bytes that must be zero aren't")
    check(length == len(record) - 120 == size, f"{name} has a body of {length} bytes")
    check((kind >= 64) == (run == bytes(16)), "the run id doesn't fit the kind")
    check(bool(flags & PAYLOAD) == (commitment != bytes(32)), "the commitment doesn't fit the flags")
    check(time >= 0, "a time before 1970")
    return kind, name, flags, site, branch, run, seq, time, fuel, prev, record[120:]


def follow(run, kind, name, seq, time, prev, body):
    """The protocol of one run: docs/log-format.md, "What a chain keeps"."""
    check(not run.ended, f"{name} after the run's end")
    check(seq == run.next_seq, f"seq {seq} where {run.next_seq} was due")
    check(prev == run.head, "prev isn't the leaf hash of the run's previous record")
    check(kind >= 64 or (kind == 1) == (seq == 0), "a run begins with begin, once")
    check(time >= run.time, "time goes back")
    if kind == 4:
        run.calls.add(seq)
    elif kind in (5, 6, 7):
        call, attempt = struct.unpack_from("<QH", body)
        check(call in run.calls, f"{name} of a call that isn't there: {call}")
        if kind == 5:
            check((call, attempt) not in run.starts, f"attempt {attempt} of call {call} starts twice")
            run.starts.add((call, attempt))
        else:
            check((call, attempt) in run.starts, f"{name} of an attempt that didn't start")
        if kind == 6 and body[10] != 4:  # a late answer may follow the first
            check((call, attempt) not in run.answered, f"call {call} has two outcomes of one attempt")
            run.answered.add((call, attempt))
    elif kind == 8:
        check(struct.unpack_from("<Q", body)[0] in run.calls, "a settlement without its call")
    run.ended = kind == 2


def main(arguments):
    paths = [a for a in arguments if not a.startswith("--")]
    if len(paths) != 1 or set(arguments) - {paths[0], "--list"}:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    store = Path(paths[0]).resolve()
    wal = Path(f"{store}-wal")
    if wal.exists() and wal.stat().st_size > 0:
        print(f"{store} is in use or wasn't closed: copy it with `weft store copy`", file=sys.stderr)
        return 2
    database = sqlite3.connect(f"{store.as_uri()}?mode=ro&immutable=1", uri=True)
    runs, count, expected = {}, 0, None
    for leaf, record in database.execute("SELECT leaf, rec FROM log ORDER BY leaf"):
        try:
            check(expected is None or leaf == expected, f"leaf {expected} is missing")
            expected = leaf + 1
            kind, name, flags, site, branch, run_id, seq, time, fuel, prev, body = decode(record)
            run = runs.setdefault(run_id, Run())
            follow(run, kind, name, seq, time, prev, body)
        except Wrong as wrong:
            print(f"leaf {leaf}: {wrong}", file=sys.stderr)
            return 1
        run.next_seq, run.time = seq + 1, time
        run.head = hashlib.sha256(b"\0" + record).digest()
        count += 1
        if "--list" in arguments:
            place = "-" if site == 0xFFFFFFFF else site
            print(f"{leaf} {run_id.hex()} {seq} {name} site={place} branch={branch} time={time} "
                  f"fuel={fuel} flags={flags} {body.hex()}")
    real = [run for run_id, run in runs.items() if run_id != bytes(16)]
    ended = sum(run.ended for run in real)
    print(f"{count} records, {len(real)} runs, {ended} ended: every chain holds")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
