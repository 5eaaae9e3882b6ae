"""Analysis tables: what the models are fitted on, one :class:`AnalysisTable` each, named as in config/plan/models.yaml.

hazard_cells     person-months at risk by unit, month and group, with exits by cause
hazard_details   the same on finer cells: with role and the time since the end of the minimum service
hazard_own       the same with the roster's own columns (no rows where a province has none)
tenure_cells     the same by month of tenure at the post, for Cox models
exits            one row per voluntary exit, with its destination
survey_scores    one row per answer of a survey wave, with the roster's facts and the indicators before the fieldwork
unit_waves       means of the survey by unit and wave, with the indicators from the fieldwork on
unit_months      one row per unit and month: indicators, indices, exposures, timing of policies
unit_years       one row per unit and year: reference values, tasks, artefacts, hours of work
chains           one row per task with a known parent task: ln ratio of its demands to those of the parent
"""
