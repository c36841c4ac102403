"""STUN as a phone keeps its flow by it (RFC 5626 section 4.4.2), IPv4 alone."""

import secrets
import socket
import struct

HEADER = struct.Struct(">HHI12s")
REQUEST, SUCCESS, COOKIE = 0x0001, 0x0101, 0x2112A442
XOR_MAPPED_ADDRESS = 0x0020


def is_stun(data):
    return len(data) >= HEADER.size and data[0] < 64 and HEADER.unpack_from(data)[2] == COOKIE


def request():
    return HEADER.pack(REQUEST, 0, COOKIE, secrets.token_bytes(12))


def transaction(data):
    return HEADER.unpack_from(data)[3]


def mapped_address(data):
    """(host, port) in a response (RFC 8489 section 14.2); None if it is no success."""
    kind, _, _, _ = HEADER.unpack_from(data)
    at = HEADER.size
    while kind == SUCCESS and at + 4 <= len(data):
        attribute, size = struct.unpack_from(">HH", data, at)
        if attribute == XOR_MAPPED_ADDRESS:
            port, address = struct.unpack_from(">HI", data, at + 6)
            return socket.inet_ntoa(struct.pack(">I", address ^ COOKIE)), port ^ COOKIE >> 16
        at += 4 + (size + 3) // 4 * 4
    return None
