"""What the tests that speak the store's protocol share: clients of the socket of `weft.store` in the test's folder."""
import json
import socket
import time

import canary


class SocketCase(canary.Case):
    def wait_for(self, owner, log=None):
        """Until the process that is to own the store listens."""
        self.path = self.folder / "weft.store.sock"
        end = time.monotonic() + 30
        while not self.path.exists():
            self.assertIsNone(owner.poll(), log.read_text() if log else "the owner ended")
            self.assertLess(time.monotonic(), end, "the owner does not serve its socket")
            time.sleep(0.02)

    def connect(self):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.settimeout(30)
        client.connect(str(self.path))
        self.addCleanup(client.close)
        lines = client.makefile("rwb")
        self.addCleanup(lines.close)
        return lines

    def call(self, lines, request):
        lines.write(json.dumps(request).encode() + b"\n")
        lines.flush()
        return self.answer(lines)

    def answer(self, lines):
        """The next answer; what says that a long one is worked on is skipped."""
        while True:
            answer = json.loads(lines.readline())
            if "busy" not in answer:
                return answer
