"""The report: numbers from released files, one Markdown source, Word, PDF and HTML made from it."""
