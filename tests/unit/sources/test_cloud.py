"""What is tried again, and what is told at once, of what the libraries of buckets raise."""

from __future__ import annotations

import sys
import time

import pytest

from fastdup_nb.errors import InputError, MissingDependencyError, RunInterruptedError
from fastdup_nb.sources import cloud, cloud_access
from fastdup_nb.sources.cloud_access import take_apart


class LibraryError(Exception):
    def __init__(self, text="", **fields):
        super().__init__(text)
        vars(self).update(fields)


def asked(error, url, monkeypatch):
    monkeypatch.setenv("FASTDUP_NB_CLOUD_PATIENCE", "0")
    cloud._given_up.clear()

    def ask():
        raise error

    return cloud.patiently(ask, take_apart(url))


@pytest.mark.parametrize(
    "error",
    [
        OSError("Could not connect to http://server/b/403/AccessDenied.jpg"),
        OSError("b/403/AccessDenied.jpg: Connection reset"),
        LibraryError("slow", status_code=503),
        LibraryError("An error occurred (SlowDown)"),
    ],
)
def test_what_may_pass_is_waited_for_whatever_the_object_is_called(error, monkeypatch):
    with pytest.raises(RunInterruptedError, match="does not answer"):
        asked(error, "s3://b/403/AccessDenied.jpg", monkeypatch)


def test_what_was_waiting_does_not_find_out_again(monkeypatch):
    with pytest.raises(RunInterruptedError) as first:
        asked(OSError("reset"), "az://b/1.jpg", monkeypatch)
    with pytest.raises(RunInterruptedError) as second:
        cloud.patiently(lambda: pytest.fail("asked"), take_apart("az://b/2.jpg"))
    assert second.value.message == first.value.message
    later = time.monotonic() + 2
    monkeypatch.setattr(cloud.time, "monotonic", lambda: later)
    assert cloud.patiently(lambda: "there", take_apart("az://b/2.jpg")) == "there"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (LibraryError("An error occurred (SignatureDoesNotMatch)"), "secret is wrong"),
        (LibraryError("Server failed to authenticate the request."), "secret is wrong"),
        (LibraryError("no", status_code=403), "access is denied"),
        (LibraryError("Anonymous caller has no access", code=401), "access is denied"),
        (LibraryError("", response={"ResponseMetadata": {"HTTPStatusCode": 403}}), "is denied"),
        (PermissionError("Forbidden"), "access is denied"),
        (LibraryError("Requested range not satisfiable"), "empty"),
    ],
)
def test_what_does_not_pass_is_told_at_once(error, told, monkeypatch):
    with pytest.raises(cloud._Refused, match=told):
        asked(error, "az://b/x.jpg", monkeypatch)


def test_no_credentials(monkeypatch):
    class ClientAuthenticationError(Exception):
        pass

    error = ClientAuthenticationError("DefaultAzureCredential failed to retrieve a token")
    with pytest.raises(InputError, match="no credentials for az://b") as caught:
        asked(error, "az://b/x.jpg", monkeypatch)
    assert "AZURE_STORAGE_CONNECTION_STRING" in caught.value.hint


@pytest.mark.parametrize(
    ("scheme", "library", "extra"),
    [
        ("s3", "s3fs", "cloud"),
        ("minio", "s3fs", "cloud"),
        ("gs", "gcsfs", "gcs"),
        ("az", "adlfs", "azure"),
    ],
)
def test_an_extra_that_is_not_installed_is_named(monkeypatch, scheme, library, extra):
    """Issue: "s3 path without extra installed (names the extra)"."""
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.setenv("MC_HOST_mine", "http://key:word@127.0.0.1:1")
    monkeypatch.setattr(cloud.cloud_direct, "find_spec", lambda _: None)
    cloud_access._file_system.cache_clear()
    url = "minio://mine/b/x.jpg" if scheme == "minio" else f"{scheme}://b/x.jpg"
    known = pytest.importorskip("fsspec.registry")
    for protocol in ("s3", "gcs", "az"):  # what an earlier test has loaded
        monkeypatch.delitem(known._registry, protocol, raising=False)
    with pytest.raises(MissingDependencyError, match=library) as caught:
        list(cloud.entries(url))
    assert f'"fastdup_nb[{extra}]"' in caught.value.hint
