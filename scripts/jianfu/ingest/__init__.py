"""From raw exports to canonical tables, quarantine and counts; see :func:`jianfu.ingest.tables.ingest_table`."""
