"""A secret that each end-to-end test hands to the programs that it starts, and that must be in no file that they leave.

`SECRET` is a signing secret as `notify.webhook` takes it, in the environment of everybody under `NAME`: a weft.toml
names it, `secret = "env:WEFT_HOOK"`. `guard(test, folder)` searches the folder when the test is over, before it goes,
for the secret and its bytes in the forms in which they are likely to be written.
"""

import base64
import os
import secrets

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


def guard(test, folder, but=()):
    """To be called in setUp once the folder is there. `but`: names of files into which the test itself writes it."""
    def search():
        found = [f"{name}: {form!r}" for name, form in leaks(folder, but)]
        test.assertEqual(found, [], "a secret was written down")
    test.addCleanup(search)
