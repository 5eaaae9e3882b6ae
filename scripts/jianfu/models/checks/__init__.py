"""Identification checks beside every primary model, declared in config/plan/checks.yaml."""
