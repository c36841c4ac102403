"""PIDF as a stock parser reads it, after xmllint has found it valid."""

import subprocess
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape

import server as servers

HEADERS = ("Event: presence", "Content-Type: application/pidf+xml")
SCHEMA = servers.ROOT / "tests" / "golden" / "xsd" / "presence.xsd"
NAMESPACES = {
    "p": "urn:ietf:params:xml:ns:pidf",
    "dm": "urn:ietf:params:xml:ns:pidf:data-model",
    "rpid": "urn:ietf:params:xml:ns:pidf:rpid",
}


def parse(text):
    """The <presence/> element of a document, which must be valid."""
    found = subprocess.run(
        ["xmllint", "--nonet", "--noout", "--schema", SCHEMA, "-"], input=text, text=True,
        capture_output=True, check=False, timeout=servers.PATIENCE_S)
    if found.returncode != 0:
        raise AssertionError(f"not valid: {found.stderr}\n{text}")
    return ElementTree.fromstring(text.encode())


def basics(text):
    """The <basic/> of each tuple of a document."""
    return [basic.text for basic in parse(text).iterfind("p:tuple/p:status/p:basic", NAMESPACES)]


def notes(text):
    """Each note of a document's tuples and of the document itself."""
    return [note.text for note in parse(text).iterfind(".//p:note", NAMESPACES)]


def document(entity, identity, basic, note=None):
    """A document as a phone publishes it: one tuple."""
    said = f"<note xml:lang='en'>{escape(note)}</note>" if note else ""
    return (f"<?xml version='1.0' encoding='UTF-8'?>"
            f"<presence xmlns='{NAMESPACES['p']}' entity='pres:{entity}'>"
            f"<tuple id='{identity}'><status><basic>{basic}</basic></status>{said}</tuple>"
            f"</presence>")
