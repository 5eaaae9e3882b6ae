"""From a folder of raw exports to a commented province file and a first data-quality report.

Texts for the user are Chinese: this is the first thing that an analyst meets.
"""

HIGH, MEDIUM, LOW = "高", "中", "低"
