"""A scripted server with the chat completions endpoint, for tests on loopback.

The first part of the path names the scenario: POST /SCENARIO/chat/completions. The port it listens
on is its first line of output; it ends when its standard input is closed. GET /log gives what it was
sent, as JSON.
"""

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GOOD = '{"title": "Refunds, briefly", "note": null}'
LOG = []


def reply(content, finish="stop", usage=True, refusal=None):
    message = {"role": "assistant", "content": content, "refusal": refusal}
    body = {"id": "c1", "model": "m", "choices": [{"index": 0, "message": message,
                                                   "finish_reason": finish}]}
    if usage:
        body["usage"] = {"prompt_tokens": 1000, "completion_tokens": 100,
                         "prompt_tokens_details": {"cached_tokens": 400}}
    return body


CONTENTS = {
    "ok": GOOD,
    "fenced": "```json\n" + GOOD + "\n```",
    "prose": "Here is the result:\n" + GOOD + "\nI hope that helps.",
    "comma": '{"title": "Refunds, briefly,}",\n "note": null,\n}',
    "broken": '{"title": "Refunds',
    "wrapped": '{"value": ["a", "b"]}',
    "score": '{"reason": "clear", "score": 0.8}',
    "score_off": '{"reason": "clear", "score": 8}',
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, body, headers=()):
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.send(200, LOG)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        scenario = self.path.split("/")[1]
        earlier = sum(1 for entry in LOG if entry["scenario"] == scenario)
        LOG.append({"scenario": scenario, "path": self.path, "body": body,
                    "headers": {k.lower(): v for k, v in self.headers.items()}})
        key = self.headers.get("Authorization", "")
        if scenario in CONTENTS:
            self.send(200, reply(CONTENTS[scenario]))
        elif scenario == "no_usage":
            self.send(200, reply(GOOD, usage=False))
        elif scenario == "length":
            self.send(200, reply(GOOD, finish="length"))
        elif scenario == "refusal":
            self.send(200, reply(None, refusal="I can't help with that."))
        elif scenario == "filter":
            self.send(200, reply("", finish="content_filter"))
        elif scenario == "no_choices":
            self.send(200, {"choices": []})
        elif scenario == "slow":
            time.sleep(3)
            self.send(200, reply(GOOD))
        elif scenario == "busy":
            if earlier == 0:
                self.send(429, {"error": {"message": "slow down"}}, [("Retry-After", "2")])
            else:
                self.send(200, reply(GOOD))
        elif scenario == "quota":
            self.send(429, {"error": {"message": "no money", "code": "insufficient_quota"}})
        elif scenario == "unauthorised":
            self.send(401, {"error": {"message": "bad key " + key}})
        elif scenario == "down":
            self.send(503, {}, [("Retry-After", "Thu, 01 Jan 1970 00:01:40 GMT")])
        elif scenario == "redirect":
            self.send(302, {}, [("Location", "/ok/chat/completions")])
        else:
            self.send(400, {"error": {"message": "unknown scenario " + scenario}})


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
