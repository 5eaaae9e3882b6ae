"""Causal diagrams: layers, circles, and which paths behind the exposure stay open, on diagrams with known answers."""

import pytest
from province_cases import ROOT

from jianfu.core.labels import Labels
from jianfu.models.diagram import Diagram, circle, confounders_left, diagram_of, edges_of, layers, open_path
from jianfu.report.figures import causal_diagram


def diagram(declared, held=(), exposure="X", outcome="Y"):
    return Diagram(edges_of(declared), exposure, outcome, frozenset(held))


KNOWN = {  # Pearl, Causality, ch. 3 and 11; Elwert and Winship 2014: diagram, held, nodes that leave a path open
    "confounder": ({"U": ["X", "Y"], "X": ["Y"]}, (), ["U"]),
    "confounder held": ({"U": ["X", "Y"], "X": ["Y"]}, ("U",), []),
    "mediator": ({"X": ["M"], "M": ["Y"]}, (), []),
    "collider": ({"X": ["Y", "C"], "Y": ["C"]}, (), []),
    "M, nothing held": ({"A": ["X", "M"], "B": ["M", "Y"], "X": ["Y"]}, (), []),
    "M, collider held": ({"A": ["X", "M"], "B": ["M", "Y"], "X": ["Y"]}, ("M",), ["A"]),
    "M, collider and one side held": ({"A": ["X", "M"], "B": ["M", "Y"], "X": ["Y"]}, ("M", "A"), []),
    "descendant of a collider held": (
        {"A": ["X", "M"], "B": ["M", "Y"], "M": ["D"], "X": ["Y"]}, ("D",), ["A"],
    ),
    "chain of causes": ({"Z": ["U", "Y"], "U": ["X"], "Z2": ["X"]}, (), ["U"]),
    "reverse cause": ({"Y": ["X"]}, (), ["Y"]),
    "two confounders": ({"U": ["X", "Y"], "V": ["X", "Y"]}, ("U",), ["V"]),
}  # fmt: skip


@pytest.mark.parametrize("declared, held, left", KNOWN.values(), ids=KNOWN.keys())
def test_paths_behind_the_exposure_are_those_of_the_textbook(declared, held, left):
    found = diagram(declared, held)
    assert confounders_left(found) == left
    assert bool(open_path(found)) == bool(left)


def test_every_arrow_points_to_a_later_layer():
    edges = edges_of({"U": ["X", "Y"], "X": ["M", "Y"], "M": ["Y"]})
    assert layers(edges) == [["U"], ["X"], ["M"], ["Y"]]


def test_a_circle_is_found():
    assert circle(edges_of({"A": ["B"], "B": ["C"], "C": ["B"]})) == ["B", "C"]
    assert circle(edges_of({"A": ["B"], "B": ["C"]})) == []


def test_what_a_model_holds_constant_comes_from_its_declaration():
    model = {"outcome": "Y", "controls": ["sex"], "effects": ["unit:cohort", "month"]}
    declared = {"unit": ["OD", "Y"], "cohort": ["Y"], "month": ["Y"], "U": ["OD"], "OD": ["Y"]}
    found = diagram_of(declared, model, "OD:cohort_90s")
    assert (found.exposure, found.outcome) == ("OD", "Y")
    assert found.held == {"unit", "cohort", "month"} and found.unheld == ["U"]


def test_a_diagram_is_drawn_with_every_node():
    declared = {"unit": ["OD", "burnout"], "pressure": ["OD", "burnout"], "OD": ["burnout"]}
    found = diagram(declared, ("unit",), "OD", "burnout")
    labels = Labels("zh", str(ROOT / "config" / "plan" / "labels.csv"))
    figure = causal_diagram.draw(found, labels, True)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == [labels("node_unit"), labels("node_pressure"), labels("OD"), labels("node_burnout")]
    assert len(figure.axes[0].patches) == 5
