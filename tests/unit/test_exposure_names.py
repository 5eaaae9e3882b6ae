"""Names of exposures are written and read in one place."""

from itertools import product

import pytest

from jianfu.indices.exposures import CALM, LEAD, SURVEY, Exposure

INDICES = ("OD", "OD_core", "D7", "OD_month", "LOG", "my_6m_index")


@pytest.mark.parametrize("index", INDICES)
def test_every_name_is_read_back(index):
    for window, variant, lag in product(("", SURVEY), ("", LEAD, CALM), (0, 1, 12)):
        exposure = Exposure(index=index, window=window, variant=variant, lag=lag)
        assert Exposure.of(exposure.name) == exposure
        assert Exposure.of(exposure.term) == Exposure(index=index, variant=variant, lag=lag)


def test_names_other_files_rely_on():
    names = {
        "OD": Exposure(index="OD"),
        "OD_6m": Exposure(index="OD", window=SURVEY),
        "OD_lead": Exposure(index="OD", variant=LEAD),
        "OD_lead_6m": Exposure(index="OD", variant=LEAD, window=SURVEY),
        "OD_calm_6m": Exposure(index="OD", variant=CALM, window=SURVEY),
        "OD_lag3": Exposure(index="OD", lag=3),
    }
    assert {exposure.name: exposure for exposure in names.values()} == names
