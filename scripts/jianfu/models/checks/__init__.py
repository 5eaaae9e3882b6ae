"""Identification checks beside every primary model, declared in config/plan/checks.yaml."""

from jianfu.models.checks.derived import CHECK, beside, derive, with_detectable

__all__ = ["CHECK", "beside", "derive", "with_detectable"]
