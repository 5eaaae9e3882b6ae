"""The data-quality report: what became of every raw row, where the gaps are, and what to do about it."""

from jianfu.quality.facts import QualityFacts, collect_facts
from jianfu.quality.page import write_page
from jianfu.quality.text import write_text

__all__ = ["QualityFacts", "collect_facts", "write_page", "write_text"]
