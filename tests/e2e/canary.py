"""What every end-to-end test stands on: a folder of its own, and a secret that nothing may write down.

`SECRET` is a signing secret as `notify.webhook` takes it, in the environment of everybody under `NAME`: a weft.toml
names it, `secret = "env:WEFT_HOOK"`. When a test is over, before its folder goes, the folder is searched for the secret
and its bytes in the forms in which they are likely to be written, and so is all that the programs that the test
started said on their streams: this module puts itself between the test and `subprocess`.
"""

import base64
import os
import pathlib
import secrets
import subprocess
import tempfile
import unittest

NAME = "WEFT_HOOK"
BYTES = b"canary-" + secrets.token_bytes(25)
SECRET = "whsec_" + base64.b64encode(BYTES).decode()
os.environ[NAME] = SECRET


def forms(text, raw):
    """The secret's text and what it stands for: as they are, in UTF-16, hex and base64 (from each of three offsets)."""
    body = text.removeprefix("whsec_").rstrip("=")
    out = [body.encode(), body.encode("utf-16-le"), raw, raw.hex().encode(), raw.hex().upper().encode()]
    for data in (raw, body.encode()):
        out.append(data.hex().encode())
        for offset in range(3):
            whole = base64.b64encode(bytes(offset) + data).decode()
            # What depends on what stands before and behind is left off.
            out.append(whole[4:-4].encode())
    return out


FORMS = forms(SECRET, BYTES)


class Heard:
    """What programs said, as pairs of the command line and bytes."""

    said = []

    @classmethod
    def note(cls, words, output):
        if isinstance(output, str):
            output = output.encode("utf-8", "surrogateescape")
        if output:
            cls.said.append((words, output))


class Stream:
    """A program's stream that is read line by line: what is read is noted."""

    def __init__(self, stream, words):
        self.stream, self.words = stream, words

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def noted(self, output):
        Heard.note(self.words, output)
        return output

    def read(self, *arguments):
        return self.noted(self.stream.read(*arguments))

    def readline(self, *arguments):
        return self.noted(self.stream.readline(*arguments))

    def __iter__(self):
        return iter(self.readline, "" if "b" not in getattr(self.stream, "mode", "r") else b"")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()


class Program(subprocess.Popen):
    """A program whose streams are noted."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        for name in ("stdout", "stderr"):
            stream = getattr(self, name)
            if stream is not None:
                setattr(self, name, Stream(stream, self.args))

    def communicate(self, *arguments, **named):
        output = super().communicate(*arguments, **named)
        for part in output:
            Heard.note(self.args, part)
        return output


subprocess.Popen = Program


def leaks(folder, but=()):
    """Files below the folder that hold the secret in some form."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.name in but:
            continue
        try:
            content = path.read_bytes()
        except OSError:
            continue  # a socket's or a lock's owner is just going
        for form in FORMS:
            if form in content:
                yield path.relative_to(folder), form


def blurted():
    """Commands that said the secret in some form, since the last time."""
    said, Heard.said = Heard.said, []
    return [f"{words}: {form!r}" for words, output in said for form in FORMS if form in output]


class Case(unittest.TestCase):
    """A test with a folder of its own, `self.folder`.

    `WRITES`: names of files into which it writes the secret itself.
    """

    WRITES = ()

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="weft-e2e-", ignore_cleanup_errors=True)
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        self.prepare()
        self.addCleanup(self.search_for_canaries)
        Heard.said = []

    def prepare(self):
        """Makes the folder what it is to be, such as a small file system."""

    def search_for_canaries(self):
        found = [f"{name}: {form!r}" for name, form in leaks(self.folder, self.WRITES)]
        self.assertEqual(found, [], "a secret was written down")
        self.assertEqual(blurted(), [], "a secret was said")
