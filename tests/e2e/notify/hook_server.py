#!/usr/bin/python3
"""A webhook receiver for tests: real HTTP on loopback, with faults on demand.

usage: hook_server.py FOLDER

Prints its port. Each request that is answered with 2xx is FOLDER/hook-N.json (path, headers, body as text);
every request is counted in FOLDER/requests. FOLDER/behaviour.json is read at each request:
  {"status": 503, "headers": {"Retry-After": "7"}, "delay_s": 0.5, "drop": true}
A request that is dropped was stored first: the receiver has it, the sender gets no answer.
Reaching the handler makes FOLDER/stage-request.
"""

import http.server
import json
import pathlib
import sys
import threading
import time

folder = pathlib.Path(sys.argv[1])
lock = threading.Lock()
requests = 0
hooks = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        global requests, hooks
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            rules = json.loads((folder / "behaviour.json").read_text())
        except FileNotFoundError:
            rules = {}
        status = rules.get("status", 200)
        with lock:
            requests += 1
            (folder / "requests").write_text(str(requests))
            if 200 <= status < 300:
                hooks += 1
                (folder / f"hook-{hooks}.json").write_text(
                    json.dumps(
                        {
                            "path": self.path,
                            "headers": {k.lower(): v for k, v in self.headers.items()},
                            "body": body.decode(),
                        }
                    )
                )
        (folder / "stage-request").touch()
        time.sleep(rules.get("delay_s", 0))
        if rules.get("drop"):
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in rules.get("headers", {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
