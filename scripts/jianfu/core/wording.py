"""How wordings are compared."""

import re
import unicodedata


def normal_wording(text):
    """A wording for lookup: half-width, without blanks, capitals."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()
