"""A security key made of software: answers what a page asks, with a touch alone or with a PIN as well."""

import hashlib
import json

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

FLAG = AuthenticatorData.FLAG
PLACE = hashlib.sha256(b"testserver").digest()
NUMBER = b"c" * 16


class SoftKey:
    """The key of one user, set up as their second step; `alone` where it was set up to sign in without a password."""

    def __init__(self, user, *, alone: bool):
        self.user = user
        self.key = ec.generate_private_key(ec.SECP256R1())
        public = AttestedCredentialData.create(Aaguid(b"\0" * 16), NUMBER, ES256.from_cryptography_key(self._public()))
        made = AuthenticatorData.create(PLACE, FLAG.UP | FLAG.AT, 0, public)
        response = {
            "clientDataJSON": self._said("webauthn.create", "AA")[0],
            "attestationObject": websafe_encode(bytes(AttestationObject.create("none", made, {}))),
        }
        credential = self._credential(response, {"credProps": {"rk": alone}})
        Authenticator.objects.create(user=user, type="webauthn", data={"name": "key", "credential": credential})

    def answer(self, challenge: str, *, pin: bool) -> str:
        """What a browser posts for a challenge."""
        shown = bytes(AuthenticatorData.create(PLACE, FLAG.UP | FLAG.UV if pin else FLAG.UP, 1))
        encoded, said = self._said("webauthn.get", challenge)
        signed = self.key.sign(shown + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": encoded,
            "authenticatorData": websafe_encode(shown),
            "signature": websafe_encode(signed),
            "userHandle": websafe_encode(user_pk_to_url_str(self.user).encode()),
        }
        return json.dumps(self._credential(response, {}))

    def _public(self):
        return self.key.public_key()

    @staticmethod
    def _said(kind: str, challenge: str) -> tuple[str, bytes]:
        said = json.dumps({"type": kind, "challenge": challenge, "origin": "https://testserver"}).encode()
        return websafe_encode(said), said

    @staticmethod
    def _credential(response: dict, results: dict) -> dict:
        number = websafe_encode(NUMBER)
        kept = {"id": number, "rawId": number, "type": "public-key"}
        return {**kept, "response": response, "clientExtensionResults": results}
