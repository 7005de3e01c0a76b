"""The throw-away certificate authority of a local suite, its service certificates, and every key that signs.

    authority.py STATE TRUST_DOMAIN SERVER... -- CLIENT...

What is there and good for another month stays; what is missing or runs out is made. Keys are P-256 (TLS) and Ed25519
(tokens). A server's folder STATE/tls/NAME is a link to the folder of one issue, so that key and certificate change
together.
"""

import base64
import datetime
import ipaddress
import json
import os
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
AUTHORITY_LIFE = 365 * DAY
CERTIFICATE_LIFE = 90 * DAY
RENEW_BEFORE = 30 * DAY


def write(path: pathlib.Path, content: bytes, secret: bool = False) -> None:
    """Replaces a file in one step; a secret one is readable by its owner alone from the start."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    unfinished.replace(path)


def private_pem(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def certificate_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def load_certificate(path: pathlib.Path):
    return x509.load_pem_x509_certificate(path.read_bytes()) if path.exists() else None


def lasts(certificate) -> bool:
    return certificate is not None and certificate.not_valid_after > datetime.datetime.utcnow() + RENEW_BEFORE


def named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def unsigned(subject: str, issuer: x509.Name, public_key, life: datetime.timedelta) -> x509.CertificateBuilder:
    now = datetime.datetime.utcnow()
    return (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def key_usage(certifies: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certifies, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=certifies, crl_sign=certifies, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def authority(state: pathlib.Path):
    """The authority's key and certificate, made when missing or near its end (then every certificate follows)."""
    key_file, certificate_file = state / "authority/ca.key", state / "authority/ca.crt"
    certificate = load_certificate(certificate_file)
    if key_file.exists() and lasts(certificate):
        return serialization.load_pem_private_key(key_file.read_bytes(), None), certificate
    key = ec.generate_private_key(ec.SECP256R1())
    name = "Clientele local authority " + os.urandom(3).hex()
    certificate = (
        unsigned(name, named(name), key.public_key(), AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(certifies=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    write(key_file, private_pem(key), secret=True)
    write(certificate_file, certificate_pem(certificate))
    return key, certificate


def names_of(certificate) -> list:
    return list(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)


def issue(state, ca_key, ca_certificate, name: str, trust_domain: str, serves: bool) -> None:
    names = [x509.UniformResourceIdentifier(f"spiffe://{trust_domain}/service/{name}")]
    usages = [ExtendedKeyUsageOID.CLIENT_AUTH]
    if serves:
        names += [x509.DNSName(name), x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        usages.append(ExtendedKeyUsageOID.SERVER_AUTH)
    link = state / "tls" / name
    present = load_certificate(link / "tls.crt")
    if (
        lasts(present)
        and present.issuer == ca_certificate.subject
        and names_of(present) == names
        and (link / "tls.key").exists()
    ):
        return
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        unsigned(name, ca_certificate.subject, key.public_key(), CERTIFICATE_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(certifies=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    folder = state / "tls" / f".{name}-{certificate.serial_number:x}"
    write(folder / "tls.key", private_pem(key), secret=True)
    write(folder / "tls.crt", certificate_pem(certificate))
    write(folder / "ca.crt", certificate_pem(ca_certificate))
    fresh_link = folder.with_name(folder.name + ".link")
    fresh_link.symlink_to(folder.name)
    fresh_link.replace(link)


def token_keys(state: pathlib.Path) -> None:
    """The key that signs bearer tokens, and the JWKS file by which the services know it."""
    private, public = state / "keys/token_signing.pem", state / "keys/token_keys.json"
    if private.exists() and public.exists():
        return
    key = ed25519.Ed25519PrivateKey.generate()
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    jwk = {
        "kty": "OKP",
        "crv": "Ed25519",
        "kid": "local-" + os.urandom(4).hex(),
        "use": "sig",
        "alg": "EdDSA",
        "x": base64.urlsafe_b64encode(raw).rstrip(b"=").decode(),
    }
    write(private, private_pem(key), secret=True)
    write(public, json.dumps({"keys": [jwk]}, indent=2).encode() + b"\n")


def symmetric_keys(state: pathlib.Path) -> None:
    """One line a key, "kid base64key"; the first line signs."""
    for name in ("page_token_keys", "invitation_token_keys"):
        if not (state / "keys" / name).exists():
            line = f"local-{os.urandom(4).hex()} {base64.b64encode(os.urandom(32)).decode()}\n"
            write(state / "keys" / name, line.encode(), secret=True)


def main(arguments: list) -> None:
    state, trust_domain = pathlib.Path(arguments[0]), arguments[1]
    split = arguments.index("--")
    for folder in ("authority", "tls", "keys"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    key, certificate = authority(state)
    for name in arguments[2:split]:
        issue(state, key, certificate, name, trust_domain, serves=True)
    for name in arguments[split + 1 :]:
        issue(state, key, certificate, name, trust_domain, serves=False)
    token_keys(state)
    symmetric_keys(state)


if __name__ == "__main__":
    main(sys.argv[1:])
