"""The simulation study: bias, coverage, size and power of the declared models where the truth is known.

Every draw is a new province (:func:`jianfu.simulate.draw`), taken through the functions that build unit-months,
indices, exposures, cells and scores and that fit the models of real provinces. What is declared stands in
config/plan/simulation_study.yaml.
"""
