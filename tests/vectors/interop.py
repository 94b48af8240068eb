"""The other side of the interop test: a COSE library we did not write.

usage: interop.py KEYS VECTORS

Checks every good vector of documents.json and agents.json with pycose, checks that a flipped bit is refused, signs
one release order, and prints what it did as one line of JSON. Ends with an error otherwise.
"""

import hashlib
import json
import pathlib
import sys

import cbor2
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pycose.algorithms import EdDSA
from pycose.headers import KID, Algorithm, ContentType
from pycose.keys import OKPKey
from pycose.keys.curves import Ed25519
from pycose.messages import Sign1Message

CWT_CLAIMS = 15  # RFC 9597
ISSUER, SUBJECT, ISSUED_AT = 1, 2, 6  # RFC 8392


def main(keys: pathlib.Path, vectors: pathlib.Path) -> None:
    files = [vectors / "documents.json", vectors / "agents.json"]
    good = [vector for file in files for vector in json.loads(file.read_text())["good"]]
    refused = 0
    for vector in good:
        envelope = bytes.fromhex(vector["bytes"])
        public = OKPKey(crv=Ed25519, x=key(keys, vector["key"])[1])
        message = verified(envelope, public)
        assert message is not None, f"{vector['name']}: pycose refuses the signature"
        claims = message.phdr[CWT_CLAIMS]
        assert claims[ISSUER] == vector["issuer"], vector["name"]
        assert message.uhdr == {}, vector["name"]
        if agent := vector["document"].get("agent"):
            said = cbor2.loads(message.payload)
            assert said[8] == agent, f"{vector['name']}: the mark is not in the signed bytes"
        flipped = bytearray(envelope)
        flipped[-100] ^= 1  # in the payload: the signature is the last 64 bytes
        assert verified(bytes(flipped), public) is None, f"{vector['name']}: a flipped bit passes"
        refused += 1
    print(json.dumps({"verified": len(good), "refused": refused, "signed": signed(keys).hex()}))


def key(keys: pathlib.Path, name: str) -> tuple[bytes, bytes]:
    """Private and public bytes of a test key."""
    private = load_pem_private_key((keys / f"{name}.pem").read_bytes(), password=None)
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


def verified(envelope: bytes, public: OKPKey) -> Sign1Message | None:
    """The message, if its signature is good."""
    try:
        message = Sign1Message.decode(envelope)
        message.key = public
        return message if message.verify_signature() else None
    except Exception:  # pycose has no common type for what it does not understand
        return None


def signed(keys: pathlib.Path) -> bytes:
    """A release order, built from docs/PROTOCOL.md and no code of ours."""
    private, public = key(keys, "line")
    payload = {
        0: ["terminal", "CSQU3054383"],
        1: "PY-2611-1",
        2: {0: "forwarder", 2: 1796508000000, 3: 0},
    }
    headers = {
        Algorithm: EdDSA,
        ContentType: "application/vnd.landside.release-order.v1+cbor",
        KID: hashlib.sha256(public).digest()[:8],
        CWT_CLAIMS: {ISSUER: "line", SUBJECT: "CSQU3054383", ISSUED_AT: 1795427400},
    }
    message = Sign1Message(phdr=headers, payload=cbor2.dumps(payload, canonical=True))
    message.key = OKPKey(crv=Ed25519, x=public, d=private)
    return message.encode()


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
