"""Bearer tokens of a local suite: JWTs signed with its own key, kept as files.

STATE/tokens/index.json remembers the claims of every token that was made, so that each `tools/up` renews them all.
"""

import json
import pathlib
import time

import jwt

from authority import write

LIFE_SECONDS = 12 * 3600


class Tokens:
    def __init__(self, state: pathlib.Path, issuer: str = "https://issuer.clientele.local", cell: str = "global"):
        self._folder = state / "tokens"
        self._index_file = self._folder / "index.json"
        self._index = json.loads(self._index_file.read_text()) if self._index_file.exists() else {}
        self._key = (state / "keys/token_signing.pem").read_text()
        self._kid = json.loads((state / "keys/token_keys.json").read_text())["keys"][0]["kid"]
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._pinned = {"iss": issuer, "aud": f"clientele/{cell}"}

    def sign(self, claims: dict, life_seconds: int = LIFE_SECONDS) -> str:
        now = int(time.time())
        claims = {**self._pinned, "iat": now, "exp": now + life_seconds, **claims}
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self._kid})

    def keep(self, name: str, claims: dict) -> pathlib.Path:
        """Writes STATE/tokens/NAME.jwt and has it renewed from now on."""
        self._index[name] = claims
        write(self._index_file, json.dumps(self._index, indent=2, sort_keys=True).encode() + b"\n", secret=True)
        path = self._folder / f"{name}.jwt"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write(path, self.sign(claims).encode(), secret=True)
        return path

    def renew(self) -> int:
        for name, claims in self._index.items():
            write(self._folder / f"{name}.jwt", self.sign(claims).encode(), secret=True)
        return len(self._index)


# Who acts in a suite before any partner stands.
STANDING = {
    "operator": {"kind": "operator", "sub": "local-operator"},
    "office365-portal": {"kind": "application", "sub": "office365-portal"},
    "support-reader": {"kind": "support_reader", "sub": "local-support"},
}


def partner_user(partner: str, subject: str, *roles: str) -> dict:
    """The claims of a person who works for a partner; `partner` is its resource name or its id."""
    return {
        "kind": "partner_user",
        "sub": subject,
        "partner": partner.rsplit("/", 1)[-1],
        "roles": list(roles),
    }


def customer_administrator(subject: str, email: str, issuer: str, tenant: str, *domains: str) -> dict:
    """The claims of an organisation's administrator: its directory tenant, a verified address, its domains."""
    return {
        "kind": "customer",
        "sub": subject,
        "roles": ["global_admin"],
        "tenant_issuer": issuer,
        "tenant_id": tenant,
        "email": email,
        "email_verified": True,
        "domains": list(domains),
    }
