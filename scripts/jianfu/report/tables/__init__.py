"""Three-line tables (三线表) built from released files."""
