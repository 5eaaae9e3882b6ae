"""Reasons are data; the words come last."""

import pickle

import pytest

from jianfu.core.errors import ConfigError, NotEstimable
from jianfu.core.messages import message
from jianfu.core.reasons import Reason, read_reasons, say, write_reasons


def test_a_reason_survives_a_table_and_a_process():
    reason = Reason("in_file", file="a.yaml", what=Reason("valid_are", names=["b", "c"]))
    assert read_reasons(write_reasons([reason])) == [reason]
    assert pickle.loads(pickle.dumps(reason)) == reason
    again = pickle.loads(pickle.dumps(ConfigError("did_you_mean", name="b")))
    assert isinstance(again, ConfigError) and again.reason == Reason("did_you_mean", name="b")
    assert read_reasons("") == read_reasons(None) == [] and write_reasons([]) == ""


def test_words_come_from_the_table_of_the_language():
    reason = Reason("in_file", file="a.yaml", what=Reason("did_you_mean", name="weights"))
    assert message(reason, "en") == "a.yaml: did you mean 'weights'?"
    assert message(reason, "zh") == "a.yaml：是不是“weights”？"
    assert str(ConfigError("valid_are", names=["a", "b"])) == "valid are a, b."


def test_names_are_put_into_words_and_a_missing_value_is_an_error():
    words = {"few": "{n} of {term}"}.__getitem__
    assert say(Reason("few", n=3, term="OD"), words, name={"OD": "过密化"}.__getitem__) == "3 of 过密化"
    with pytest.raises(KeyError):
        say(Reason("few", n=3), words)


def test_what_cannot_be_estimated_keeps_its_reason_and_its_sample():
    error = NotEstimable("no_events", sample="rows")
    assert error.reason == Reason("no_events") and error.sample == "rows"
