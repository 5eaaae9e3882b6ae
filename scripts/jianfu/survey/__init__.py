"""From answers to scale scores, response weights and the quality of scales."""
