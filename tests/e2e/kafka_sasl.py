# SPDX-License-Identifier: GPL-2.0-only
"""A broker of Kafka's that asks who comes, as librdkafka's own for tests do not: what a producer needs of the protocol, and SASL."""

import base64
import hashlib
import hmac
import os
import socket
import ssl
import struct
import threading

PRODUCE, FETCH, METADATA, HANDSHAKE, VERSIONS, AUTHENTICATE = 0, 1, 3, 17, 18, 36
RANGES = {PRODUCE: (0, 3), FETCH: (4, 4), METADATA: (0, 1), HANDSHAKE: (0, 1), VERSIONS: (0, 0), AUTHENTICATE: (0, 0)}
UNSUPPORTED_VERSION, AUTHENTICATION_FAILED, UNSUPPORTED_MECHANISM = 35, 58, 33


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, form):
        (value,) = struct.unpack(">" + form, self.take(struct.calcsize(form)))
        return value

    def string(self):
        length = self.number("h")
        return self.take(length).decode() if length >= 0 else None

    def bytes(self):
        return self.take(max(self.number("i"), 0))

    def varint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value >> 1 ^ -(value & 1)


def string(text):
    return struct.pack(">h", len(text)) + text.encode()


def array(items):
    return struct.pack(">i", len(items)) + b"".join(items)


def values(records):
    """Of a batch of records, version 2, as librdkafka sends them uncompressed."""
    batch = Reader(records)
    batch.take(57)
    found = []
    for _ in range(batch.number("i")):
        record = Reader(batch.take(batch.varint()))
        record.take(1)
        record.varint(), record.varint()
        record.take(max(record.varint(), 0))
        found.append(record.take(record.varint()).decode())
    return found


class Scram:
    """The server's side of RFC 5802, for one user."""

    def __init__(self, name, user, password):
        self.hash, self.user = name, user
        self.salt, self.rounds = os.urandom(16), 4096
        self.salted = hashlib.pbkdf2_hmac(name, password.encode(), self.salt, self.rounds)
        self.first = self.nonce = None

    def mac(self, key, text):
        return hmac.new(key, text.encode(), self.hash).digest()

    def step(self, message):
        """What is answered, and whether that is all; ValueError: it is not the user."""
        fields = dict(part.split("=", 1) for part in message.split(",") if "=" in part)
        if not self.first:
            if fields["n"] != self.user:
                raise ValueError("user")
            self.nonce = fields["r"] + base64.b64encode(os.urandom(12)).decode()
            answer = "r=%s,s=%s,i=%d" % (self.nonce, base64.b64encode(self.salt).decode(), self.rounds)
            self.first = message.split(",", 2)[2] + "," + answer
            return answer, False
        signed = "%s,%s" % (self.first, message[: message.rindex(",p=")])
        key = self.mac(self.salted, "Client Key")
        stored = hashlib.new(self.hash, key).digest()
        proof = bytes(a ^ b for a, b in zip(key, self.mac(stored, signed)))
        # As Kafka 3 does: librdkafka up to 2.6.0 says its own part of it twice (docs/outputs.md).
        if not fields["r"].endswith(self.nonce) or not hmac.compare_digest(proof, base64.b64decode(fields["p"])):
            raise ValueError("proof")
        return "v=" + base64.b64encode(self.mac(self.mac(self.salted, "Server Key"), signed)).decode(), True


class Plain:
    def __init__(self, user, password):
        self.wanted = "\0%s\0%s" % (user, password)

    def step(self, message):
        if message != self.wanted:
            raise ValueError("password")
        return "", True


class Broker:
    """One topic with one partition.  tls: the files of a certificate and of its key."""

    def __init__(self, mechanism, user, password, tls=None):
        self.mechanism, self.user, self.password = mechanism, user, password
        self.messages, self.refused, self.unknown = [], 0, 0
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*tls)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.brokers = "localhost:%d" % self.port
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _proof(self):
        if self.mechanism == "PLAIN":
            return Plain(self.user, self.password)
        return Scram(self.mechanism[6:].replace("-", "").lower(), self.user, self.password)

    def _serve(self, connection):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            state = {"proof": None, "known": False}
            stream = connection.makefile("rb")
            while True:
                head = stream.read(4)
                if len(head) < 4:
                    return
                answer = self._answer(Reader(stream.read(*struct.unpack(">i", head))), state)
                if answer is None:
                    return
                connection.sendall(struct.pack(">i", len(answer)) + answer)
        except OSError:
            pass
        finally:
            connection.close()

    def _answer(self, request, state):
        """None: such a connection is closed."""
        key, version, correlation = request.number("h"), request.number("h"), request.number("i")
        request.string()
        head = struct.pack(">i", correlation)
        if key == VERSIONS:
            error = 0 if version <= RANGES[VERSIONS][1] else UNSUPPORTED_VERSION
            return head + struct.pack(">h", error) + array([struct.pack(">hhh", api, *span) for api, span in RANGES.items()])
        if key == HANDSHAKE:
            error = 0 if request.string() == self.mechanism else UNSUPPORTED_MECHANISM
            state["proof"] = self._proof()
            return head + struct.pack(">h", error) + array([string(self.mechanism)])
        if key == AUTHENTICATE and state["proof"]:
            try:
                said, state["known"] = state["proof"].step(request.bytes().decode())
                return head + struct.pack(">hh", 0, -1) + struct.pack(">i", len(said)) + said.encode()
            except (ValueError, KeyError):
                self.refused += 1
                return head + struct.pack(">h", AUTHENTICATION_FAILED) + string("who are you?") + struct.pack(">i", 0)
        if not state["known"]:
            self.unknown += 1
            return None
        if key == METADATA:
            return head + self._metadata(version)
        return head + self._produce(request, version) if key == PRODUCE else None

    def _metadata(self, version):
        rack, controller, internal = (struct.pack(">h", -1), struct.pack(">i", 1), b"\0") if version else (b"", b"", b"")
        broker = struct.pack(">i", 1) + string("localhost") + struct.pack(">i", self.port) + rack
        one = array([struct.pack(">i", 1)])
        partition = struct.pack(">hii", 0, 0, 1) + one + one
        return array([broker]) + controller + array([struct.pack(">h", 0) + string("alerts") + internal + array([partition])])

    def _produce(self, request, version):
        if version >= 3:
            request.string()
        request.take(6)
        request.number("i"), request.string(), request.number("i"), request.number("i")
        offset = len(self.messages)
        self.messages += values(request.bytes())
        partition = struct.pack(">ihq", 0, 0, offset) + (struct.pack(">q", -1) if version >= 2 else b"")
        return array([string("alerts") + array([partition])]) + (struct.pack(">i", 0) if version >= 1 else b"")
