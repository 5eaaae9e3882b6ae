"""Settings files: read, merged over the default, checked against the schema. Knows no domain."""

from jianfu.config.files import display, read_yaml
from jianfu.config.merging import deviations, merge
from jianfu.config.schema import check_schema

__all__ = ["check_schema", "deviations", "display", "merge", "read_yaml"]
