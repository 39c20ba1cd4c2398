"""A subscriber's endpoint: checks that a push comes from Herald, drops what it has seen before, answers 204.

    WEBHOOK_SECRET=whsec_... python3 examples/receiver.py

WEBHOOK_SECRET: from the answer to the subscription; several separated by a space while one replaces another. Where the
URL has to consent before it is subscribed, start without it, subscribe, and start again with it: until then pushes are
answered 503, and come again.
HERALD_ORIGIN: the host name of the Herald that may push here, localhost unless set. PORT: 9000 unless set.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_SECONDS = 300
MAX_BODY_BYTES = 1_048_576
# Of a body that is too large; what is larger has its connection broken.
MAX_DISCARDED_BYTES = 16_777_216


class InvalidWebhook(Exception):
    """The push is not from who holds the secret, was changed on the way, or is too old."""


def verify_webhook(headers, body, secrets, now=None):
    """Checks the Standard Webhooks headers of a push; returns the message's id. `body`: the bytes as they came."""
    message_id = headers.get("webhook-id") or ""
    timestamp = headers.get("webhook-timestamp") or ""
    if not message_id or not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise InvalidWebhook("webhook-id or webhook-timestamp is missing")
    if abs((time.time() if now is None else now) - int(timestamp)) > TOLERANCE_SECONDS:
        raise InvalidWebhook("webhook-timestamp is not a time close to now")
    given = []
    for signature in (headers.get("webhook-signature") or "").split(" "):
        version, _, text = signature.partition(",")
        if version == "v1":
            try:
                given.append(base64.b64decode(text, validate=True))
            except (binascii.Error, ValueError):
                continue  # Not a signature, so that it cannot fit.
    signed = message_id.encode() + b"." + timestamp.encode() + b"." + body
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = hmac.new(key, signed, hashlib.sha256).digest()
        if any(hmac.compare_digest(expected, it) for it in given):
            return message_id
    raise InvalidWebhook("webhook-signature does not fit the body and the secret")


def is_secret(text):
    """Standard Webhooks: whsec_ and the base64 of 24 to 64 bytes."""
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return text.startswith("whsec_") and 24 <= len(key) <= 64


SECRETS = os.environ.get("WEBHOOK_SECRET", "").split()
NO_SECRET = 'Pushes are answered 503 until WEBHOOK_SECRET is set to what the subscription answers as "secret"'
HERALD_ORIGIN = os.environ.get("HERALD_ORIGIN", "localhost")
# A real receiver keeps these as long as a message may be pushed again, in its database.
SEEN = set()
SEEN_LOCK = threading.Lock()


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60  # Seconds without a byte.

    def do_OPTIONS(self):
        """May Herald push here? (CloudEvents webhooks, abuse protection)"""
        is_allowed = self.headers.get("WebHook-Request-Origin") == HERALD_ORIGIN
        self.answer(200, {"WebHook-Allowed-Origin": HERALD_ORIGIN} if is_allowed else {})

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY_BYTES:
            self.answer(413, {"Connection": "close"})
            # To close on a body that still comes resets the connection, and the answer may never arrive.
            left = min(length, MAX_DISCARDED_BYTES)
            while left > 0 and (chunk := self.rfile.read(min(left, 65_536))):
                left -= len(chunk)
            return
        body = self.rfile.read(length)
        if not SECRETS:
            self.answer(503)
            return
        try:
            message_id = verify_webhook(self.headers, body, SECRETS)
        except InvalidWebhook as error:
            print(f"refused: {error}", file=sys.stderr, flush=True)
            self.answer(401)
            return
        with SEEN_LOCK:
            is_new = message_id not in SEEN
            SEEN.add(message_id)
        if is_new:
            print(f"received {body.decode()}", flush=True)
        self.answer(204)

    def answer(self, status, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """One line per request is for servers with more to tell."""


if __name__ == "__main__":
    if not SECRETS:
        print(NO_SECRET, file=sys.stderr, flush=True)
    if not all(is_secret(it) for it in SECRETS):
        sys.exit("WEBHOOK_SECRET: a secret is whsec_ and the base64 of 24 to 64 bytes")
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Receiver)
    print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
