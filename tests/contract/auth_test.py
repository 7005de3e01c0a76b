"""Who gets in, on every RPC of every service: generated from the contracts, so that a new RPC is in it the day it stands."""

import base64
import json
import pathlib
import sys
import time
import unittest
import uuid

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from request_maker import Maker, Rules  # noqa: E402
from suite import CallError, Suite  # noqa: E402

suite = Suite()
rules = Rules(suite.contract)
METHODS = list(rules.methods())
STRANGER = f"partners/{uuid.uuid4()}"


def pem(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def claims(**changes) -> dict:
    now = int(time.time())
    standard = {
        "iss": "https://issuer.clientele.local", "aud": "clientele/global", "sub": "x", "kind": "operator", "iat": now,
        "exp": now + 600,
    }  # fmt: skip
    return {**standard, **changes}


def unsigned() -> str:
    def part(data):
        return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()

    return part({"alg": "none", "typ": "JWT", "kid": suite.tokens._kid}) + "." + part(claims()) + "."


def signed_elsewhere(key, algorithm: str) -> str:
    return jwt.encode(claims(), key, algorithm=algorithm, headers={"kid": suite.tokens._kid})


def bad_credentials() -> dict:
    now = int(time.time())
    good = suite.operator()
    header, body, signature = good.split(".")
    return {
        "none": ("", "NO_CREDENTIALS"),
        "not a token": ("nonsense", "TOKEN_MALFORMED"),
        "expired": (suite.tokens.sign(claims(iat=now - 7200, exp=now - 3600)), "TOKEN_EXPIRED"),
        "not yet valid": (suite.tokens.sign(claims(nbf=now + 3600)), "TOKEN_NOT_YET_VALID"),
        "another authority's key": (signed_elsewhere(pem(ed25519.Ed25519PrivateKey.generate()), "EdDSA"), "TOKEN_SIGNATURE"),
        "another algorithm": (signed_elsewhere(pem(ec.generate_private_key(ec.SECP256R1())), "ES256"), "TOKEN_ALGORITHM"),
        "a shared secret": (signed_elsewhere("secret" * 8, "HS256"), "TOKEN_ALGORITHM"),
        "no signature": (unsigned(), "TOKEN_ALGORITHM"),
        "changed body": (header + "." + body[:-4] + "AAAA." + signature, None),
        "another cell": (suite.tokens.sign(claims(aud="clientele/germany")), "TOKEN_AUDIENCE"),
        "another issuer": (suite.tokens.sign(claims(iss="https://elsewhere.example")), "TOKEN_ISSUER"),
        "no kind": (suite.tokens.sign(claims(kind="nobody")), "TOKEN_CLAIMS"),
    }


def outcome(area, method, request, **how):
    """(code, reason) of a call; OK where it succeeds."""
    try:
        suite.call(f"{method.full_name.partition('.')[2]}".replace(f".{method.name}", f"/{method.name}"), request,
                   service=area, **how)  # fmt: skip
        return "OK", ""
    except CallError as error:
        return error.code, error.reason


class AuthTest(unittest.TestCase):
    def test_without_good_credentials_nobody_gets_in(self):
        maker = Maker(suite.contract, STRANGER)
        for what, (token, reason) in bad_credentials().items():
            for area, method in METHODS:
                with self.subTest(credentials=what, service=area, method=method.full_name):
                    code, got = outcome(area, method, maker.request(method), token=token)
                    self.assertEqual(code, "UNAUTHENTICATED")
                    if reason:
                        self.assertEqual(got, reason)

    def test_a_role_too_small_is_told_which_permission_it_lacks(self):
        token = suite.partner_user(STRANGER)  # of this partner, without a role
        maker = Maker(suite.contract, STRANGER)
        for area, method in METHODS:
            with self.subTest(service=area, method=method.full_name):
                code, _ = outcome(area, method, maker.request(method), token=token)
                self.assertEqual(code, "PERMISSION_DENIED")

    def test_another_partners_data_is_not_found(self):
        token = suite.partner_user(f"partners/{uuid.uuid4()}", "global_admin", "admin_agent")
        maker = Maker(suite.contract, STRANGER)
        seen = 0
        for area, method in METHODS:
            if rules.scope(method) not in ("SCOPE_PARTNER", "SCOPE_PARTNER_OR_CUSTOMER"):
                continue
            seen += 1
            with self.subTest(service=area, method=method.full_name):
                code, reason = outcome(area, method, maker.request(method), token=token)
                self.assertEqual(code, "NOT_FOUND")
                self.assertTrue(reason.endswith("_NOT_FOUND"), reason)
        self.assertGreater(seen, 20)

    def test_internal_rpcs_are_for_the_suites_own_services_alone(self):
        maker = Maker(suite.contract, STRANGER)
        callers = [suite.operator(), suite.partner_user(STRANGER, "global_admin"), suite.application("portal")]
        seen = 0
        for area, method in METHODS:
            if rules.scope(method) != "SCOPE_SERVICE":
                continue
            seen += 1
            for token in callers:
                with self.subTest(service=area, method=method.full_name):
                    self.assertEqual(outcome(area, method, maker.request(method), token=token)[0], "PERMISSION_DENIED")
            with self.subTest(service=area, method=method.full_name, certificate="another team's"):
                self.assertEqual(
                    outcome(area, method, maker.request(method), certificate="billing")[0], "PERMISSION_DENIED"
                )
        self.assertEqual(seen, 6)

    def test_all_partners_at_once_only_for_those_who_serve_all(self):
        for area in ("customer", "relationship", "invitation"):
            for path in ("event.v1.EventService/ListEvents", "audit.v1.AuditService/ListAuditRecords"):
                with self.subTest(service=area, method=path):
                    with self.assertRaises(CallError) as caught:
                        suite.call(path, {"parent": "partners/-"}, service=area,
                                   token=suite.partner_user(STRANGER, "global_admin"))  # fmt: skip
                    self.assertEqual(caught.exception.code, "NOT_FOUND")
                    suite.call(path, {"parent": "partners/-"}, service=area, token=suite.operator())


if __name__ == "__main__":
    unittest.main()
