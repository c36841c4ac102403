#!/usr/bin/env python3
"""Unpacks the test messages that RFC 4475 (appendix A) and RFC 5118 (appendix A) carry.

    extract_sip_torture.py rfc4475.txt tests/golden/rfc4475
    extract_sip_torture.py rfc5118.txt tests/golden/rfc5118

The messages are committed; this is how they came to be. Those of RFC 4475 are bit-exact. The
archive of RFC 5118 was packed with bare line feeds, and two of its messages without their empty
line; they are put right here, as its section 2 says that a message looks.
"""
import base64
import io
import pathlib
import re
import sys
import tarfile

BEGIN, END = "-- BEGIN MESSAGE ARCHIVE --", "-- END MESSAGE ARCHIVE --"


def archive_of(rfc: str) -> bytes:
    # The markers also stand in the Perl script of the RFC; the block is the last one.
    block = rfc.split(BEGIN)[-1].split(END)[0]
    lines = (line.strip() for line in block.splitlines())
    coded = (line for line in lines if re.fullmatch(r"[A-Za-z0-9+/=]+", line))
    return base64.b64decode("".join(coded))


def put_right(message: bytes) -> bytes:
    message = message.replace(b"\n", b"\r\n")
    return message if b"\r\n\r\n" in message else message + b"\r\n"


def main(rfc: str, folder: str) -> None:
    target = pathlib.Path(folder)
    with tarfile.open(fileobj=io.BytesIO(archive_of(pathlib.Path(rfc).read_text()))) as archive:
        for member in archive.getmembers():
            name = pathlib.PurePosixPath(member.name)
            # test.dat of RFC 4475 is in the archive, but in no section of the text.
            if not member.isfile() or name.name == "test.dat":
                continue
            message = archive.extractfile(member).read()
            if b"\r" not in message:
                message = put_right(message)
            (target / name.name).with_suffix(".dat").write_bytes(message)


if __name__ == "__main__":
    main(*sys.argv[1:])
