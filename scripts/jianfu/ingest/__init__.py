"""From raw exports to canonical tables, quarantine and counts; see :func:`ingest_table`."""

from jianfu.ingest.tables import IngestResult, ingest_table

__all__ = ["IngestResult", "ingest_table"]
