"""The simulated demonstration province: known truth, unobserved pressure, messy raw exports. All of it SYNTHETIC."""
