"""Which file system serves a URL: s3, minio, gs and az through fsspec, and their credentials.

Credentials are those that the libraries find by themselves (environment, configuration files), for
`minio://` those of the MinIO client. They stay in the memory of these libraries: no URL, table,
message or file of ours holds them.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from fastdup_nb.errors import InputError, MissingDependencyError

# Scheme -> (library, extra, fsspec's protocol).
LIBRARIES = {
    "s3": ("s3fs", "cloud", "s3"),
    "minio": ("s3fs", "cloud", "s3"),
    "gs": ("gcsfs", "gcs", "gcs"),
    "az": ("adlfs", "azure", "az"),
}
HINTS = dict.fromkeys(
    ("s3", "minio"),
    "Check the key and the secret: environment, ~/.aws, or the alias of the MinIO client.",
) | {
    "gs": "Check GOOGLE_APPLICATION_CREDENTIALS, or sign in with the client of Google Cloud.",
    "az": "Check AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT_NAME with "
    "AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN.",
}
ENDPOINT_VARIABLES = ("FASTDUP_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
ANONYMOUS_VARIABLE = "FASTDUP_NB_S3_ANONYMOUS"
CONNECT_SECONDS, READ_SECONDS = 10, 60
_S3_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_CONFIG_FILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CA_BUNDLE",
)
_VARIABLES = {
    "s3": _S3_VARIABLES,
    "minio": _S3_VARIABLES,
    "gs": ("GOOGLE_APPLICATION_CREDENTIALS", "STORAGE_EMULATOR_HOST"),
    "az": (
        "AZURE_STORAGE_CONNECTION_STRING",
        "AZURE_STORAGE_ACCOUNT_NAME",
        "AZURE_STORAGE_ACCOUNT_KEY",
        "AZURE_STORAGE_SAS_TOKEN",
        "AZURE_STORAGE_ANON",
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
    ),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A URL, taken apart.

    Parameters
    ----------
    scheme : str
        Lower case.
    alias : str
        Of `minio://alias/...`; else empty.
    key : str
        Bucket and key, as the file system takes it.
    """

    scheme: str
    alias: str
    key: str

    @property
    def bucket(self) -> str:
        """The bucket or container."""
        return self.key.split("/", 1)[0]

    @property
    def named(self) -> str:
        """The bucket or container, as a message names it."""
        return f"{'container' if self.scheme == 'az' else 'bucket'} {self.bucket!r}"

    @property
    def root(self) -> str:
        """What URLs of this place begin with."""
        return f"{self.scheme}://{self.alias}/" if self.alias else f"{self.scheme}://"


@dataclass(frozen=True, slots=True)
class S3Access:
    """How an S3 server is asked.

    Parameters
    ----------
    endpoint : str
        URL of the server; empty: that of AWS.
    anonymous : bool
        Whether requests are not signed.
    key, secret : str
        Of an alias; empty: those that the libraries find by themselves.
    """

    endpoint: str
    anonymous: bool
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)


def take_apart(url: str) -> Place:
    """Read a URL. Keys are taken as they are: nothing in them is an escape.

    Raises
    ------
    InputError
        When it names no bucket, or holds credentials.

    Examples
    --------
    >>> take_apart("minio://google/visual_db/sku110k").alias
    'google'
    """
    scheme, _, rest = url.partition("://")
    scheme = scheme.lower()
    alias = ""
    if scheme == "minio":
        alias, _, rest = rest.partition("/")
    key = rest.lstrip("/")
    bucket = key.split("/", 1)[0]
    if "@" in bucket or "@" in alias:
        where = f"{scheme}://...@..."
        hint = "Put them into the environment or the configuration file of the client."
        raise InputError(f"{where} has credentials in it, which would end up in tables.", hint)
    if not bucket or (scheme == "minio" and not alias):
        form = "minio://alias/bucket/prefix" if scheme == "minio" else f"{scheme}://bucket/prefix"
        raise InputError(f"{url!r} names no bucket.", f"Write {form}.")
    return Place(scheme, alias, key)


def file_system(place: Place) -> Any:
    """Return the fsspec file system of a place.

    Raises
    ------
    MissingDependencyError
        When its library is not installed; names the extra.
    InputError
        For an alias that is not known.
    """
    return _file_system(place.scheme, s3_access(place), environment(place.scheme))


def s3_access(place: Place) -> S3Access:
    """Return how the S3 server of a place is asked.

    Raises
    ------
    InputError
        For an alias that is not known.
    """
    if place.alias:
        endpoint, key, secret = _alias(place.alias)
        return S3Access(endpoint, not key, key, secret)
    endpoint = next((os.environ[n] for n in ENDPOINT_VARIABLES if os.environ.get(n)), "")
    return S3Access(endpoint, os.environ.get(ANONYMOUS_VARIABLE, "") not in ("", "0"))


def environment(scheme: str) -> tuple[str, ...]:
    """Return what the libraries read when set up: other values need another file system."""
    return tuple(os.environ.get(name, "") for name in _VARIABLES[scheme])


@lru_cache(maxsize=8)
def _file_system(scheme: str, access: S3Access, environment: tuple[str, ...]) -> Any:
    del environment  # part of the key only
    library, extra, protocol = LIBRARIES[scheme]
    try:
        if protocol == "gcs" and os.environ.get("STORAGE_EMULATOR_HOST"):
            # The one that is registered asks a service that emulators lack, for a minute.
            from gcsfs.core import GCSFileSystem

            made = GCSFileSystem
        else:
            import fsspec

            made = fsspec.get_filesystem_class(protocol)
    except ImportError as error:
        message = f"Reading {scheme}:// needs {library}."
        raise MissingDependencyError(message, f'pip install "fastdup_nb[{extra}]"') from error
    options: dict[str, Any] = {"skip_instance_cache": True, "use_listings_cache": False}
    if protocol == "s3":
        options |= _s3_options(access)
    else:
        # What they would say of every attempt, with its traceback; it is ours to say.
        for name in ("gcsfs", "azure"):
            logging.getLogger(name).addHandler(logging.NullHandler())
    try:
        return made(**options)
    except ValueError as error:  # its text may have parts of the credentials
        message = f"{scheme}:// cannot be set up: its credentials are missing or malformed."
        raise InputError(message, HINTS[scheme]) from error


def _s3_options(access: S3Access) -> dict[str, Any]:
    options: dict[str, Any] = {
        "anon": access.anonymous,
        "config_kwargs": {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": READ_SECONDS,
            # Waiting and trying again is ours: one place, one clear line about it.
            "retries": {"max_attempts": 1},
            "max_pool_connections": 32,
        },
    }
    if access.endpoint:
        options["client_kwargs"] = {"endpoint_url": access.endpoint}
        # Names of hosts made of buckets are seldom set up on servers of one's own.
        options["config_kwargs"]["s3"] = {"addressing_style": "path"}
    if access.key:
        options |= {"key": access.key, "secret": access.secret}
    return options


def _alias(name: str) -> tuple[str, str, str]:
    """Return endpoint, key and secret of an alias of the MinIO client.

    As that client does: `MC_HOST_<alias>` in the environment, then `config.json` in
    `MC_CONFIG_DIR` or `~/.mc`.
    """
    if url := os.environ.get(f"MC_HOST_{name}"):
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
        endpoint = f"{parts.scheme}://{host}{port}"
        return endpoint, unquote(parts.username or ""), unquote(parts.password or "")
    path = Path(os.environ.get("MC_CONFIG_DIR") or "~/.mc").expanduser() / "config.json"
    known: dict[str, Any] = {}
    try:
        read = json.loads(path.read_text("utf-8"))
        known = read.get("aliases") or read.get("hosts") or {}
        entry = known[name]
        return str(entry["url"]), str(entry.get("accessKey", "")), str(entry.get("secretKey", ""))
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        there = f" It has: {', '.join(sorted(map(str, known)))}." if known else ""
        message = f"The MinIO client has no alias {name!r} in {path}.{there}"
        hint = f"Make it with: mc alias set {name} URL KEY SECRET; or set MC_HOST_{name}."
        raise InputError(message, hint) from error
