"""The estimators of declared models: one module for each family, their vocabulary, and what they share."""
