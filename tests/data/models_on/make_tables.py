"""The invented tables behind the examples of config/own-tables.md: run in this folder, fixed seed.

persons.csv   400 staff of 50 units: traits, workload, survey scores, months of entry and exit, how they left
panel.csv     50 units x 12 months: tasks, staff, exits, workload; a rule from month 7 in 20 units, month 9 in 10
results.csv   eight estimates from other provinces with standard errors and p-values
imputed.csv   150 of the staff five times, with a fifth of the burnout scores imputed
"""

import numpy as np
import pandas as pd
from scipy.special import erf

rng = np.random.default_rng(20240401)

unit = np.repeat(np.arange(1, 51), 8)
pressure = rng.normal(size=51)
persons = pd.DataFrame({"person": np.arange(1, 401), "unit": unit, "county": (unit - 1) // 10 + 1})
persons["sex"] = rng.choice(["女", "男"], 400)
persons["cohort"] = rng.choice(["80后", "90后"], 400)
persons["age"] = np.where(persons["cohort"] == "90后", 29, 39) + rng.integers(-4, 5, 400)
persons["workload"] = (0.6 * pressure[unit] + rng.normal(size=400)).round(3)
persons["meaning"] = (-0.4 * persons["workload"] + rng.normal(size=400)).round(3)
persons["burnout"] = (
    0.5 * persons["workload"] - 0.3 * persons["meaning"] + 0.5 * pressure[unit] + rng.normal(size=400)
).round(3)
persons["item"] = np.digitize(persons["burnout"] + rng.normal(0, 0.5, 400), [-1, 0, 1]) + 1
for j in range(1, 7):
    factor = persons["burnout"] if j <= 3 else persons["meaning"]
    persons[f"q{j}"] = (factor + rng.normal(0, 0.8, 400)).round(3)
persons["weight"] = rng.uniform(0.5, 2, 400).round(2)
persons["entry"] = rng.integers(0, 24, 400)
rate = 0.02 * np.exp(0.3 * persons["workload"] + 0.4 * (persons["cohort"] == "90后"))
leave, retire = rng.exponential(1 / rate), rng.exponential(1 / 0.008, 400)
time = np.minimum(np.minimum(leave, retire), 36)
persons["exit"] = persons["entry"] + np.maximum(np.ceil(time), 1).astype(int)
persons["how"] = np.where(time == 36, "在岗", np.where(leave < retire, "辞职", "退休"))
persons["left"] = (persons["how"] == "辞职").astype(int)
persons.to_csv("persons.csv", index=False, encoding="utf-8-sig")

panel = pd.DataFrame({"unit": np.repeat(np.arange(1, 51), 12), "month": np.tile(np.arange(1, 13), 50)})
panel["county"] = (panel["unit"] - 1) // 10 + 1
first = np.select([panel["unit"] <= 20, panel["unit"] <= 30], [7, 9], 0)
panel["first"] = first
panel["rule"] = ((first > 0) & (panel["month"] >= first)).astype(int)
panel["staff"] = rng.integers(20, 60, 51)[panel["unit"]]
panel["workload"] = (0.5 * pressure[panel["unit"]] + rng.normal(size=600)).round(3)
panel["tasks"] = rng.poisson(
    panel["staff"] * np.exp(-0.3 + 0.2 * pressure[panel["unit"]] - 0.25 * panel["rule"])
)
panel["exits"] = rng.binomial(
    panel["staff"], 1 - np.exp(-0.02 * np.exp(0.3 * panel["workload"] + 0.2 * pressure[panel["unit"]]))
)
panel["ln_staff"] = np.log(panel["staff"]).round(6)
panel["burden"] = (
    2 + pressure[panel["unit"]] + 0.03 * panel["month"] - 0.5 * panel["rule"] + rng.normal(0, 0.5, 600)
).round(3)
panel.to_csv("panel.csv", index=False, encoding="utf-8-sig")

results = pd.DataFrame({"province": list("ABCDEFGH")})
results["std_error"] = rng.uniform(0.05, 0.2, 8).round(3)
results["estimate"] = (0.25 + rng.normal(0, 0.1, 8) + rng.normal(size=8) * results["std_error"]).round(3)
results["n"] = rng.integers(200, 2000, 8)
z = (results["estimate"] / results["std_error"]).abs()
results["p"] = (2 * (1 - 0.5 * (1 + erf(z / np.sqrt(2))))).round(6)
results.to_csv("results.csv", index=False, encoding="utf-8-sig")

rng = np.random.default_rng(5)
rows = persons.loc[:149, ["person", "unit", "burnout", "workload", "age"]]
missing = rng.random(150) < 0.2
slope, level = np.polyfit(rows["workload"][~missing], rows["burnout"][~missing], 1)
imputed = []
for number in range(1, 6):
    drawn = level + slope * rows["workload"] + rng.normal(0, rows["burnout"].std(), 150)
    filled = rows["burnout"].mask(missing, drawn).round(3)
    imputed.append(rows.assign(imputation=number, burnout=filled, imputed=missing.astype(int)))
pd.concat(imputed).to_csv("imputed.csv", index=False, encoding="utf-8-sig")
