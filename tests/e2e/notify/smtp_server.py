#!/usr/bin/python3
"""A mail server for tests: real SMTP on loopback, with faults on demand.

usage: smtp_server.py FOLDER [CERTIFICATE KEY]

Prints its port. Each accepted message is FOLDER/message-N.eml with its envelope in envelope-N.json.
FOLDER/behaviour.json is read again at each stage (connect, mail, rcpt, data):
  {"rcpt": {"reply": "550 5.1.1 no such user"}}   answers so
  {"data": {"delay_s": 0.5}}                      waits first; data: after the message was stored
  {"data": {"drop": true}}                        closes the connection instead of answering
Reaching a stage makes FOLDER/stage-NAME.
"""

import asyncio
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

folder = pathlib.Path(sys.argv[1])
count = 0


async def stage(name, server=None):
    (folder / f"stage-{name}").touch()
    try:
        rules = json.loads((folder / "behaviour.json").read_text()).get(name, {})
    except FileNotFoundError:
        rules = {}
    await asyncio.sleep(rules.get("delay_s", 0))
    if rules.get("drop") and server is not None:
        server.transport.abort()
    return rules.get("reply")


class Handler:
    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        reply = await stage("connect", server)
        return [reply] if reply else responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        reply = await stage("mail", server)
        if reply:
            return reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        reply = await stage("rcpt", server)
        if reply and address.startswith("bad"):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        global count
        rules = {}
        if (folder / "behaviour.json").exists():
            rules = json.loads((folder / "behaviour.json").read_text()).get("data", {})
        if "reply" not in rules:
            count += 1
            (folder / f"message-{count}.eml").write_bytes(envelope.original_content)
            (folder / f"envelope-{count}.json").write_text(
                json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos})
            )
        return await stage("data", server) or "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (b"weft", b"a good password")
    return AuthResult(success=good, handled=False)


async def main():
    options = {"auth_require_tls": False, "authenticator": authenticate}
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        options["tls_context"] = context
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: SMTP(Handler(), loop=loop, **options), "127.0.0.1", 0)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await listener.serve_forever()


asyncio.run(main())
