"""From a folder of raw exports to a commented province file and a first data-quality report."""
