"""Asks firthmodels for penalised-likelihood intervals and tests, for tests/statistics/test_firth.py.

Run in this folder: python firth.py, in an environment with firthmodels 0.8.2 (not in the lock: it
brings scikit-learn along).
"""

import csv
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from firthmodels import FirthCoxPH, FirthLogisticRegression

EXACT = {"gtol": 1e-7, "xtol": 1e-7, "max_iter": 1000}


def table(name):
    rows = list(csv.DictReader(Path("data", f"{name}.csv").open(encoding="utf-8")))
    return lambda column: np.array([float(row[column]) for row in rows])


def summary(model, k):
    model.lrt()
    limits = model.conf_int(method="pl", tol=1e-8, max_iter=1000)
    return {
        "coef": model.coef_.tolist(),
        "loglik": float(model.loglik_),
        "ci": limits[:k].tolist(),
        "p": model.lrt_pvalues_[:k].tolist(),
    }


def logistic(name, covariates, outcome):
    column = table(name)
    x = np.column_stack([column(c) for c in covariates])
    y = column(outcome[0]) - outcome[1]
    return summary(FirthLogisticRegression(**EXACT).fit(x, y), len(covariates))


def cox(name, covariates):
    column = table(name)
    x = np.column_stack([column(c) for c in covariates])
    return summary(FirthCoxPH(**EXACT).fit(x, (column("event") == 1, column("time"))), len(covariates))


answers = {
    "firthmodels": version("firthmodels"),
    "endometrial": logistic("endometrial", ["NV", "PI", "EH"], ("HG", 0)),
    "ovarian": logistic("ovarian", ["age", "resid_ds"], ("rx", 1)),
    "cox_ovarian": cox("ovarian", ["rx", "age"]),
    "cox_freireich": cox("freireich", ["treated"]),
}
Path("firth.json").write_text(json.dumps(answers, indent=2) + "\n", encoding="utf-8")
