"""The key behind pseudonyms, from the environment, and the mark by which results of one key are known."""

import codecs
import hashlib
import hmac
import os
from pathlib import Path

from jianfu.core.errors import ConfigError, DataError

# Public on purpose: pseudonyms of invented persons protect nobody.
SYNTHETIC_KEY = b"public key for synthetic data only"
SHORTEST = 32  # characters of a key for real data
FINGERPRINT = "key_fingerprint"  # entry of the metadata of a Parquet file


def pseudonym_key(synthetic: bool) -> bytes:
    """The key for pseudonyms: JIANFU_KEY, or the file named by JIANFU_KEY_FILE; a public one for invented data.

    A byte-order mark, and blanks and line breaks around it, are no part of a key. Raises :class:`ConfigError` where
    real data have no key or one of less than 32 characters.
    """
    if synthetic:
        return SYNTHETIC_KEY
    key = _bare(os.environ.get("JIANFU_KEY", ""))
    path = os.environ.get("JIANFU_KEY_FILE", "").strip()
    if not key and path:
        try:
            content = Path(path).read_bytes()
            wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            key = _bare(content.decode("utf-16" if wide else "utf-8"))
        except (OSError, UnicodeDecodeError):
            raise ConfigError("key_file_unreadable") from None
    if not key:
        raise ConfigError("key_missing")
    if len(key) < SHORTEST:
        raise ConfigError("key_too_short", length=len(key), shortest=SHORTEST)
    return key.encode("utf-8")


def _bare(text):
    return text.strip().removeprefix("\ufeff").strip()


def person_key(identifier: str, key: bytes) -> str:
    """Keyed hash (HMAC-SHA256, hexadecimal) of a normalised identifier."""
    return hmac.new(key, identifier.encode("utf-8"), hashlib.sha256).hexdigest()


def key_fingerprint(key: bytes) -> str:
    """What tells keys apart and gives none away: HMAC-SHA256 under the key of a constant, 16 hexadecimal digits."""
    return hmac.new(key, b"jianfu: which key is this", hashlib.sha256).hexdigest()[:16]


def check_one_key(*tables: str | Path) -> None:
    """Raise :class:`DataError` where canonical tables (Parquet) with persons were made under different keys."""
    import pyarrow.parquet as pq  # the start program has no use for it

    found = [(pq.read_metadata(table).metadata or {}).get(FINGERPRINT.encode()) for table in tables]
    if len({mark for mark in found if mark}) > 1:
        raise DataError("mixed_keys", tables=[Path(table).stem for table in tables])
