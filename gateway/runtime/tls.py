"""TLS 1.3 for both ends: contexts from files, and a certificate made here for trials."""

from __future__ import annotations

import ssl
import subprocess
import time
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_DAYS: Final = 30  # for which a certificate of our own is good
_NAMES: Final = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"


class TlsError(ValueError):
    """A certificate or key that cannot be used; the text names the file and what to do."""


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return a venue's context. Raises ``TlsError``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        if key.stat().st_mode & 0o077:
            problem = f"{key} can be read by others: chmod 600 {key}"
            raise TlsError(problem)
        context.load_cert_chain(certificate, key)
    except OSError as error:  # ssl.SSLError is one
        problem = f"{certificate} and {key} are no certificate and its key in PEM ({error})"
        raise TlsError(problem) from error
    return context


def client_context(trusted: Path | str | None = None) -> ssl.SSLContext:
    """Return a client's context: it trusts one certificate, or those that the system does.

    Raises ``TlsError``.
    """
    try:
        context = ssl.create_default_context(cafile=trusted)
    except OSError as error:
        problem = f"{trusted} is no certificate in PEM ({error})"
        raise TlsError(problem) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def certificate_in(folder: Path) -> tuple[Path, Path]:
    """Return where a folder's own certificate and its key are."""
    return folder / "tls-certificate.pem", folder / "tls-key.pem"


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Return a certificate for this machine and its key, made anew where they are old or missing.

    It says nothing about who made it: a client has to be given the file. Raises ``TlsError``.
    """
    certificate, key = certificate_in(folder)
    if certificate.exists() and key.exists():
        age = time.time() - certificate.stat().st_mtime
        if 0 <= age < (_DAYS - 1) * 86_400:
            return certificate, key
    folder.mkdir(parents=True, exist_ok=True)
    key.unlink(missing_ok=True)
    key.touch(mode=0o600)
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", str(_DAYS), "-subj", "/CN=localhost", "-addext", _NAMES,
             "-keyout", str(key), "-out", str(certificate)]  # fmt: skip
    try:
        subprocess.run(words, check=True, capture_output=True, timeout=30)  # noqa: S603 - our words
    except (OSError, subprocess.SubprocessError) as error:
        problem = f"openssl made no certificate ({error}): give --tls-cert and --tls-key"
        raise TlsError(problem) from error
    return certificate, key


def on_this_machine(host: str) -> bool:
    """Say whether what listens at a host is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
