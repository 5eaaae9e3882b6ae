"""The key behind pseudonyms, from the environment."""

import os
from pathlib import Path

from jianfu.core.errors import ConfigError

# Public on purpose: pseudonyms of invented persons protect nobody.
SYNTHETIC_KEY = b"public key for synthetic data only"


def pseudonym_key(synthetic: bool) -> bytes:
    """The key for pseudonyms: JIANFU_KEY, or the file named by JIANFU_KEY_FILE; a public one for invented data.

    Raises :class:`ConfigError` where real data have no key.
    """
    if synthetic:
        return SYNTHETIC_KEY
    key = os.environ.get("JIANFU_KEY", "").strip()
    path = os.environ.get("JIANFU_KEY_FILE", "").strip()
    if not key and path:
        try:
            key = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ConfigError("key_file_unreadable") from None
    if not key:
        raise ConfigError("key_missing")
    return key.encode("utf-8")
