"""The settings of a province: the default, one overlay, and checks that end in one sentence."""
