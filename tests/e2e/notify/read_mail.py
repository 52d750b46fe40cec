#!/usr/bin/python3
"""Reads a message as any mail program would and prints what it found as JSON.

usage: read_mail.py FILE
"""

import email
import email.policy
import hashlib
import json
import sys

with open(sys.argv[1], "rb") as file:
    message = email.message_from_binary_file(file, policy=email.policy.default)
body = message.get_body(("plain",))
print(
    json.dumps(
        {
            "headers": {name.lower(): str(value) for name, value in message.items()},
            "defects": [str(d) for part in message.walk() for d in part.defects],
            "body": body.get_content(),
            "attachments": [
                {
                    "name": part.get_filename(),
                    "media": part.get_content_type(),
                    "sha256": hashlib.sha256(part.get_content() if isinstance(part.get_content(), bytes)
                                             else part.get_content().encode()).hexdigest(),
                }
                for part in message.iter_attachments()
            ],
        }
    )
)
