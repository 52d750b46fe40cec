"""Who can write to a store's database, and has not its key file, is found out: each column of each table of a store
with real runs is altered, rows are dropped and put in, and `audit verify` must tell it. What it does not tell is in
`UNTOLD`, each with its place on docs/store.md, where the reason stands. The tables are those that the database has, so
a new one can't be forgotten."""

import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import time
import unittest

import canary
from hook import HOOK

WEFT = os.environ["WEFT_BIN"]
SOURCE = pathlib.Path(__file__).resolve().parents[2]

PROGRAM = "use std.calendar\n\n" + HOOK + """
workflow child(word: Text) -> Text
  within 1h
  subject word
{
  emit said(word)
  return "${word}!"
}

workflow parent(word: Text, letter: File) -> Text
  within 5d
  key     word
  subject word
  retain  30d
{
  step told = notify.webhook("told", word)
    key word
    compensate none "told is told"
  step now = calendar.local(this_run.started_at, "Europe/Zurich")
    cache 20h by word
  step a = run child(word)
  let n = "${a} ${letter.name}"
  gate quality {
    require length(n) > 1000

    otherwise review n by "editor" within 24h
    otherwise fail "nobody wanted it"
  }
  return "${told.id} ${now.date}"
}

workflow waits(name: Text) -> Text
  within 10d
  subject name
{
  signal go: Text

  lock "machine" within 5d else {
    fail "busy"
  }
  step word = wait go within 5d else {
    fail "nobody came"
  }
  return "${name} ${word}"
}
"""
SERVED = PROGRAM + """
workflow many(lines: List<Int> where length in 0..1_000) -> Int
  within 1h
{
  step all = each line in lines, 16 at once {
    emit said(line)
    line
  }
  return count(all)
}

workflow tick(name: Text) -> Text
  within 1h
{
  return name
}

schedule often runs tick("t") every 1s overlap allow
"""

# (table, column or act): the words on docs/store.md that say why it does no harm, or can't be known.
UNTOLD = {
    ("seg", "delete"): "a segment that goes on where the one before it ends",
    ("seg", "insert"): "a segment that goes on where the one before it ends",
    ("snapshot", "delete"): "a snapshot that is gone",
    ("inbox", "delete"): "a request that waits, or of a start, that is gone",
    ("lock", "since"): "since when a run has its lock",
    ("lock_wait", "id"): "numbers that give an order",
}
# Of each table one row and one value for each column, drawn by this seed; WEFT_TAMPER_ALL=1 tries the first, the middle
# and the last row with all values.
SEED = int(os.environ.get("WEFT_TAMPER_SEED", "20260117"))
ALL = os.environ.get("WEFT_TAMPER_ALL") == "1"


class Store(canary.Case):
    """One store for all tests of the class: it takes some seconds to make."""

    def setUp(self):
        super().setUp()
        port = self.hook_server()
        (self.folder / "weft.toml").write_text(
            f'[workers."notify.webhook"]\nurl = "http://127.0.0.1:{port}/"\nsecret = "env:WEFT_HOOK"\n')
        (self.folder / "flow.wf").write_text(PROGRAM)
        (self.folder / "served.wf").write_text(SERVED)
        (self.folder / "letter.txt").write_text("words\n" * 1000)

    def hook_server(self):
        import http.server
        import threading

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        return server.server_port

    def weft(self, *words, code=0):
        done = subprocess.run([WEFT, *words], cwd=self.folder, text=True, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def json(self, *words, code=0):
        return json.loads(self.weft(*words, "--json", code=code))

    def make(self):
        """Runs of each kind, so that no table is empty that the engine writes to."""
        line = self.weft("review", "key", "ann.pem", "--as", "ann")
        with (self.folder / "weft.toml").open("a") as config:
            config.write(line)
        words = ("run", "flow.wf", "parent", "letter=letter.txt", "--no-verify")
        for word in ("x", "y"):
            self.json(*words, f"word={word}", "--no-wait", code=11)
            task = self.json("review", "list")["tasks"][0]["task"]
            self.weft("review", "approve", task, "--as", "ann", "--sign-with", "ann.pem", "--reason", "fine")
        with open(self.folder / "serve.log", "wb") as log:
            server = subprocess.Popen([WEFT, "serve", "served.wf"], cwd=self.folder, stdout=log, stderr=log)
        time.sleep(2.2)
        server.terminate()
        server.wait(40)
        self.json("run", "served.wf", "many", f"lines={list(range(300))}", "--no-verify")
        # One holds the lock and waits, another one asks for it. What is sent to the first is left in the inbox.
        holder = self.json("run", "flow.wf", "waits", "name=one", "--no-wait", "--no-verify", code=11)["run"]
        asks = subprocess.Popen([WEFT, "run", "flow.wf", "waits", "name=two", "--no-verify"], cwd=self.folder,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.7)
        asks.kill()
        asks.wait()
        self.weft("audit", "hold", holder, "--reason", "a claim")
        (self.folder / "later.wf").write_text(PROGRAM.replace('"${name} ${word}"', '"${name}, ${word}"'))
        self.weft("migrate", "later.wf", holder, "--reason", "the wording")
        self.weft("signal", holder, "go", '"now"')
        return holder

    def tampered(self, *statements, at="copy"):
        """What `audit verify` says of a copy that the statements have changed: the tables of its findings."""
        copy = self.folder / at
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for path in self.folder.glob("weft.store*"):
            if path.is_dir():
                shutil.copytree(path, copy / path.name)
            elif path.is_file() and path.suffix != ".ballast":
                shutil.copy2(path, copy / path.name)
        database = sqlite3.connect(copy / "weft.store")
        with database:
            for statement, values in statements:
                if database.execute(statement, values).rowcount == 0:
                    self.fail(f"nothing was changed: {statement}")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        return self.audit(copy)

    def audit(self, copy):
        done = subprocess.run([WEFT, "audit", "verify", "--level", "3", "--json", "--store", copy / "weft.store"],
                              cwd=self.folder, text=True, capture_output=True, timeout=60)
        self.assertNotIn("terminate called", done.stderr)
        if done.returncode == 0:
            return []
        if done.returncode == 6 and done.stdout:
            return [f"{one['table']}: {one['what']}" for one in json.loads(done.stdout)["findings"]]
        self.assertIn("weft: ", done.stderr)
        return [done.stderr]


def changed(value, kind):
    """Other values of the same column."""
    if value is None:
        return [1, bytes(16)]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, bytes):
        if not value:
            return [b"x"]
        at = len(value) // 2
        return [value[:at] + bytes([value[at] ^ 1]) + value[at + 1:], value[:-1]]
    return [value[:-1] + chr(ord(value[-1]) ^ 1)] if value else ["x"]


class Tables(Store):
    def columns(self, database):
        """Each table with its columns and key, in the order of the database."""
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        for (table,) in names:
            if table.startswith(("app_", "sqlite_")):
                continue
            columns = [(name, kind, key) for _, name, kind, _, _, key in
                       database.execute(f"PRAGMA table_info({table})").fetchall()]
            yield table, columns

    def attacks(self):
        """(table, act, statement, values): each column of the first, the last and one more row; rows gone or put in."""
        database = sqlite3.connect(f"file:{self.folder}/weft.store?immutable=1", uri=True)
        for table, columns in self.columns(database):
            names = [name for name, _, _ in columns]
            key = [name for name, _, place in columns if place] or ["rowid"]
            rows = database.execute(f"SELECT {', '.join(key)}, * FROM {table}").fetchall()
            picked = {id(row): row for row in (rows[:1] + rows[-1:] + rows[len(rows) // 2:len(rows) // 2 + 1])}.values()
            where = " AND ".join(f"{name} IS ?" for name in key)
            for row in picked:
                at, values = row[:len(key)], row[len(key):]
                for name, kind, value in zip(names, (kind for _, kind, _ in columns), values):
                    others = changed(value, kind) + ([None] if value is not None else [])
                    for other in others:
                        yield table, name, f"UPDATE {table} SET {name} = ? WHERE {where}", (other, *at)
                yield table, "delete", f"DELETE FROM {table} WHERE {where}", at
                yield table, "insert", (f"INSERT INTO {table}({', '.join(names)}) "
                                        f"VALUES({', '.join('?' * len(names))})"), self.another(columns, values)
            if not rows:
                made = [bytes(16) if "BLOB" in kind else 1 if "INT" in kind else "x" for _, kind, _ in columns]
                yield table, "insert", (f"INSERT INTO {table}({', '.join(names)}) "
                                        f"VALUES({', '.join('?' * len(names))})"), made
        database.close()

    def another(self, columns, values):
        """A row like that one, with a key of its own and whatever has to be unique."""
        out = []
        for (name, _, key), value in zip(columns, values):
            unique = key or name in ("id", "slot", "tag", "start_tag")
            if not unique or value is None:
                out.append(value)
            elif isinstance(value, int):
                out.append(value + 1000)
            elif isinstance(value, bytes):
                out.append(bytes([value[0] ^ 0x55]) + value[1:])
            else:
                out.append(value + "x")
        return out

    def test_each_table_and_column(self):
        self.make()
        self.assertEqual(self.tampered(), [])
        database = sqlite3.connect(f"file:{self.folder}/weft.store?immutable=1", uri=True)
        empty = [table for table, _ in self.columns(database)
                 if not database.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()]
        database.close()
        # What the engine of this version writes to no store.
        self.assertEqual(empty, ["ready", "secret"])
        acts = {}
        for attack in self.attacks():
            acts.setdefault(attack[:2], []).append(attack)
        for attacks in acts.values():
            random.Random(SEED).shuffle(attacks)

        def untold_of(act):
            """Attacks that are not told; without any, nothing was tried."""
            out, tried = [], 0
            for number, (_, _, statement, values) in enumerate(acts[act]):
                copy = "-".join(("copy", *act, str(number)))
                try:
                    said = self.tampered((statement, values), at=copy)
                except sqlite3.IntegrityError:
                    continue  # the database itself does not take it
                finally:
                    shutil.rmtree(self.folder / copy, ignore_errors=True)
                tried += 1
                if not said:
                    out.append(f"{act}: {values}")
                if not ALL:
                    break
            return out if tried else [f"{act}: nothing could be tried"]

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = list(zip(acts, pool.map(untold_of, acts)))
        untold = [one for act, found in results for one in found if act not in UNTOLD]
        self.assertGreater(len(acts), 110)
        self.assertEqual(untold, [], "\n" + "\n".join(untold))
        self.look_at_the_key_file()

    def look_at_the_key_file(self):
        """Thousands of its bits are tried in the unit tests; here that the command tells of some."""
        keys = self.folder / "weft.store.keys"
        whole = keys.read_bytes()
        draw = random.Random(SEED)
        for at in [8, 100, 4096 + 3000, *(draw.randrange(8192 + 128 * i, 8192 + 128 * (i + 1)) for i in range(6)),
                   draw.randrange(8192, len(whole))]:
            bad = bytearray(whole)
            bad[at] ^= 1 << draw.randrange(8)
            keys.write_bytes(bad)
            with self.subTest(at):
                self.assertNotEqual(self.tampered(), [])
        keys.write_bytes(whole)
        self.assertEqual(self.tampered(), [])

    def test_a_request_put_back_as_it_waited(self):
        """Whole, with its tag and box: only the log knows that it was taken."""
        run = self.json("run", "flow.wf", "waits", "name=one", "--no-wait", "--no-verify", code=11)["run"]
        self.weft("signal", run, "go", '"now"')
        kept = "SELECT box, seq, mac, id FROM inbox WHERE box IS NOT NULL"
        database = sqlite3.connect(f"file:{self.folder}/weft.store?immutable=1", uri=True)
        (row,) = database.execute(kept).fetchall()
        database.close()
        self.weft("resume", run)
        self.assertEqual(self.tampered(), [])
        found = self.tampered(("UPDATE inbox SET box = ?, seq = ?, mac = ? WHERE id = ?", row))
        self.assertIn("inbox: it waits, but its run has taken it", found)

    def test_the_page_names_what_is_not_told(self):
        page = " ".join((SOURCE / "docs" / "store.md").read_text(encoding="utf-8").split())
        for at, words in UNTOLD.items():
            self.assertIn(words, page, at)


if __name__ == "__main__":
    unittest.main()
