#!/usr/bin/python3
"""Checks the signature of a delivered hook by the text of Standard Webhooks 1.0.0.

usage: verify_hook.py SECRET < {"headers": {...}, "body": "..."}     exit 0: good, 1: not
"""

import base64
import hashlib
import hmac
import json
import sys

hook = json.load(sys.stdin)
headers = hook["headers"]
key = base64.b64decode(sys.argv[1].removeprefix("whsec_"))
text = f'{headers["webhook-id"]}.{headers["webhook-timestamp"]}.{hook["body"]}'
expected = "v1," + base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
sys.exit(0 if hmac.compare_digest(expected, headers["webhook-signature"]) else 1)
