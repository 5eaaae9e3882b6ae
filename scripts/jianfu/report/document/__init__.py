"""The report itself: facts, sections, Word, PDF and HTML."""
