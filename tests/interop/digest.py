"""SIP requests over a bare connection, proven by digest with any algorithm (RFC 7616, 8760)."""

import hashlib
import re
import secrets

ALGORITHMS = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}


def request_text(method, sender, receiver, *headers, sequence=1, call=None, body=""):
    """A request as text; `call` identifies the exchange, and is new if not given."""
    call = call or secrets.token_hex(8)
    return "\r\n".join([
        f"{method} sip:{receiver} SIP/2.0",
        f"Via: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK{call}{sequence};rport",
        "Max-Forwards: 70",
        f"From: <sip:{sender}>;tag={call}",
        f"To: <sip:{receiver}>",
        f"Call-ID: {call}",
        f"CSeq: {sequence} {method}",
        *headers,
        f"Content-Length: {len(body.encode())}",
        "", body])


def response_text(request, status):
    """The answer to a request that came, as text."""
    kept = [f"{name}: {value}" for name in ("Via", "From", "To", "Call-ID", "CSeq")
            for value in request.headers(name)]
    return "\r\n".join([f"SIP/2.0 {status}", *kept, "Content-Length: 0", "", ""])


def challenges(response):
    """The parameters of each challenge in a 401, by algorithm."""
    found = {}
    for challenge in response.headers("WWW-Authenticate"):
        said = parameters(challenge)
        found[said.get("algorithm", "MD5")] = said
    return found


def parameters(challenge):
    return {name.lower(): value.strip('"')
            for name, value in re.findall(r'(\w+)=("[^"]*"|[^\s,]+)', challenge)}


def authorization(challenge, method, uri, user, password, count=1):
    """The header that answers a challenge, with qop=auth; for the `count`th time."""
    algorithm = challenge.get("algorithm", "MD5")

    def digest(text):
        return ALGORITHMS[algorithm](text.encode()).hexdigest()
    realm, nonce, ours = challenge["realm"], challenge["nonce"], secrets.token_hex(8)
    secret = digest(f"{user}:{realm}:{password}")
    counted = f"{count:08x}"
    proof = digest(f"{secret}:{nonce}:{counted}:{ours}:auth:{digest(f'{method}:{uri}')}")
    return (f'Authorization: Digest username="{user}", realm="{realm}", nonce="{nonce}",'
            f' uri="{uri}", response="{proof}", algorithm={algorithm}, qop=auth,'
            f' cnonce="{ours}", nc={counted}')


async def prove(wire, algorithm, method, sender, receiver, *headers, password, body=""):
    """Sends a request, answers its challenge and gives the second response."""
    call = secrets.token_hex(8)
    wire.send(request_text(method, sender, receiver, *headers, call=call, body=body))
    challenge = challenges(await wire.message())[algorithm]
    proof = authorization(challenge, method, f"sip:{receiver}", sender.partition("@")[0], password)
    wire.send(request_text(method, sender, receiver, *headers, proof, sequence=2, call=call,
                           body=body))
    return await wire.message()
