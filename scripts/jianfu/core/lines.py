"""Names in the tables on where the burden comes from: dimensions, and the lines of an index that are no issuer."""

ISSUER, LEVEL, TOPIC, MEMBER = "issuer", "issuer_level", "topic", "member"
BASE, REST = "(base)", "(rest)"  # the index without any load; issuers that are not shown
