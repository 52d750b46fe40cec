#!/usr/bin/env python3
"""Makes a store to keep for ever, with the real binary ($WEFT_BIN): runs that ended, one that waits for a signal, ones
that adopted and migrated to another program, a fork, an erasure, a retention, a legal hold, a signed decision, a
schedule, a bundle handed out. Only for a new format or kind of record: the stores that are there must open for ever.

    make_store.py FILE.tar.gz FOLDER

FOLDER gets bundles of those of its runs that no play of `weft_simulation freeze` is like.
"""
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import time

FLOW = """\
workflow wait_for(name: Text) -> Text
  within 3650d
{
  signal go: Text

  emit begun(name)
  step word = wait go within 3650d
  return "${name}, ${word}"
}
"""
# The same decisions, and other words; and one that must be migrated.
ADOPTED = FLOW.replace('"${name}, ${word}"', '"${name}: ${word}"')
MIGRATED = ADOPTED.replace("  emit begun(name)", '  emit begun("${name}!")') + """
migrate wait_for from "%s" {
}
"""

SHORT = """\
workflow short(name: Text) -> Text
  within 1h
  subject name
{
  return "hello ${name}"
}

workflow brief(name: Text) -> Text
  within 1h
  retain 1s
{
  return "hello ${name}"
}

workflow judged(n: Int) -> Int
  within 3650d
{
  gate quality {
    require n > 1000

    otherwise review n by "editor" within 3650d
    otherwise fail "nobody wanted it"
  }
  return n
}

workflow negated(n: Int) -> Int
  within 1h
{
  return -n
}

schedule often runs brief("by the clock") every 1s
"""


class Work:
    def __init__(self, folder):
        self.folder = folder
        self.binary = str(pathlib.Path(os.environ["WEFT_BIN"]).resolve())

    def weft(self, *words, codes=(0,)):
        done = subprocess.run([self.binary, *words], cwd=self.folder, text=True, capture_output=True, check=False)
        if done.returncode not in codes:
            sys.exit(f"{words}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def run(self, *words):
        return json.loads(self.weft("run", *words, "--no-wait", "--no-verify", "--json", codes=(0, 11)))["run"]

    def write(self, name, text):
        pathlib.Path(self.folder, name).write_text(text, encoding="utf-8")


def make(work, bundles):
    for name, text in (("flow.wf", FLOW), ("adopted.wf", ADOPTED), ("short.wf", SHORT)):
        work.write(name, text)
    work.write("weft.toml", "[audit]\n")
    work.write("weft.toml", work.weft("review", "key", "ann.pem", "--as", "ann"))
    waits = work.run("flow.wf", "name=first")
    adopts = work.run("flow.wf", "name=second")
    migrates = work.run("flow.wf", "name=third")
    work.weft("migrate", "adopted.wf", adopts, "--reason", "the wording")
    program = json.loads(work.weft("compat", "flow.wf", "flow.wf", "--json"))["old"]
    work.write("migrated.wf", MIGRATED % program[:12])
    work.weft("migrate", "migrated.wf", migrates, "--reason", "the event")
    work.weft("hold", waits, "--reason", "to be looked at")
    work.weft("release", waits, "--reason", "it is fine")
    work.weft("signal", adopts, "go", "\"now\"", codes=(0, 11))
    judged = work.run("short.wf", "judged", "n=5")
    task = json.loads(work.weft("review", "list", "--json"))["tasks"][0]["task"]
    work.weft("review", "approve", task, "--as", "ann", "--reason", "fine", "--sign-with", "ann.pem", codes=(0, 11))
    work.weft("audit", "export", judged, "-o", "judged.bundle")
    gone = work.run("short.wf", "short", "name=Grace")
    held = work.run("short.wf", "short", "name=Ada")
    work.weft("audit", "hold", held, "--reason", "a court asks")
    forked = json.loads(work.weft("fork", waits, "--from", "2", "--reason", "another try", "--no-wait", "--no-verify",
                                  "--json", codes=(0, 11)))["run"]
    negated = work.run("short.wf", "negated", "n=7")
    for name, run in (("held", waits), ("adopted", adopts), ("migrated", migrates), ("forked", forked),
                      ("negated", negated)):
        work.weft("audit", "export", run, "-o", str(bundles / f"{name}.bundle"))
    work.weft("audit", "erase", gone, "--reason", "asked for", "--receipt", "receipt")
    work.run("short.wf", "brief", "name=Bo")
    time.sleep(2)
    work.weft("serve", "short.wf", "--once", "--quiet")
    time.sleep(2)
    work.weft("serve", "short.wf", "--once", "--quiet")
    work.weft("audit", "verify")


def plain(member):
    """Without the names of who made it."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def main(path, bundles):
    with tempfile.TemporaryDirectory() as folder:
        make(Work(folder), pathlib.Path(bundles).resolve())
        with tarfile.open(path, "w:gz") as out:
            for file in sorted(pathlib.Path(folder).iterdir()):
                is_part = file.name.startswith("weft.store") and file.is_file()
                if is_part and not file.name.endswith((".ballast", ".lock", ".pid")):
                    out.add(file, file.name, filter=plain)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
