"""Settings files: read, merged over the default, checked against the schema. Knows no domain."""
