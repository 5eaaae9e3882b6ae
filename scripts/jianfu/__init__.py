"""jianfu (减负): reproducible measurement of administrative burden on township cadres."""
