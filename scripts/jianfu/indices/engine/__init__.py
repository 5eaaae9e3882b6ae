"""Composite indicators with frozen anchors: one engine for the burden indices and for a user's own panel.

Steps, each kept: raw → denominated → screened (imputed) → treated → normalised → aggregated. Whatever is estimated
(limits, means, ranges, weights) comes from the rows of a reference window and is frozen as *anchors*; applying
anchors to more rows changes no earlier value. Follows the ten steps of OECD/JRC (2008), *Handbook on Constructing
Composite Indicators*; conventions of the R package COINr where the Handbook leaves a choice.

Arrays throughout: ``values`` (N rows = unit-periods, k indicators), NaN = missing; ``reference`` (N,) boolean.

structure   indicators and the groups they are aggregated into, at any number of levels
methods     which methods there are, with their options and defaults
impute, treat, normalise, weights, aggregate   one step each, as functions on arrays
anchors     the frozen constants as a plain dict, stored with a check sum
pipeline    fit the anchors, apply them
diagnostics what the components have in common and contribute
periods, layout, panel_input, panel_output   a user's own panel: reading it, writing every step
"""
