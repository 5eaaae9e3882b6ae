"""Causal diagrams declared in the plan (``diagrams.yaml``): what a model holds constant, and which paths stay open.

A diagram is ``{cause: [effects]}``. Whether a path behind the exposure is open follows from the back-door criterion
(Pearl, Causality, 2nd ed., section 3.3), tested on the moral graph (Lauritzen et al. 1990).
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jianfu.models.term import Term, names_of


@dataclass(frozen=True)
class Diagram:
    """One hypothesis's diagram: edges (cause, effect), exposure and outcome of its model, and what the model holds
    constant (``held``)."""

    edges: tuple[tuple[str, str], ...]
    exposure: str
    outcome: str
    held: frozenset[str]

    @property
    def nodes(self) -> list[str]:
        """Names of the nodes in the order in which they are declared."""
        return list(dict.fromkeys(name for edge in self.edges for name in edge))

    @property
    def unheld(self) -> list[str]:
        """Nodes that the model neither relates nor holds constant."""
        return [name for name in self.nodes if name not in {self.exposure, self.outcome, *self.held}]


def edges_of(declared: Mapping[str, Iterable[str]]) -> tuple[tuple[str, str], ...]:
    """(cause, effect) of every arrow of a declared diagram."""
    return tuple((cause, effect) for cause, effects in declared.items() for effect in effects)


def diagram_of(declared: Mapping[str, Iterable[str]], model: Mapping, term: str) -> Diagram:
    """The diagram of a hypothesis that ``term`` of a declared ``model`` decides.

    The exposure is the first part of the term that is a node (``OD:cohort_90s`` → OD), else its first part.
    """
    edges = edges_of(declared)
    nodes = {name for edge in edges for name in edge}
    parts = Term(term).names
    exposure = next((part for part in parts if part in nodes), parts[0])
    held = names_of([*model.get("controls", ()), *model.get("effects", ())])
    return Diagram(edges, exposure, str(model.get("outcome", "")), frozenset(held) & nodes)


def circle(edges: Iterable[tuple[str, str]]) -> list[str]:
    """Nodes that act on themselves through others, in order; none in a causal diagram."""
    edges = list(edges)
    left = {name for edge in edges for name in edge}
    while True:
        sources = left - {effect for cause, effect in edges if cause in left and effect in left}
        if not sources:
            return sorted(left)
        left -= sources


def layers(edges: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Nodes by the length of the longest path that leads to them, so that every arrow points to a later layer."""
    edges = list(edges)
    nodes = list(dict.fromkeys(name for edge in edges for name in edge))
    depth = dict.fromkeys(nodes, 0)
    for _ in nodes:
        for cause, effect in edges:
            depth[effect] = max(depth[effect], depth[cause] + 1)
    return [[name for name in nodes if depth[name] == layer] for layer in sorted(set(depth.values()))]


def open_path(diagram: Diagram) -> list[str]:
    """A shortest open path behind the exposure, from there to the outcome; empty where the model closes all.

    Arrows out of the exposure are left out, and what remains of the ancestors of exposure, outcome and held nodes is
    made moral: parents of one node are joined. Two nodes that a path avoiding the held ones joins are dependent.
    """
    behind = [edge for edge in diagram.edges if edge[0] != diagram.exposure]
    kept = _ancestors(behind, {diagram.exposure, diagram.outcome, *diagram.held})
    behind = [(cause, effect) for cause, effect in behind if cause in kept and effect in kept]
    beside: dict[str, set[str]] = {name: set() for name in kept}
    for cause, effect in behind:
        for one, other in [(cause, effect), *((cause, c) for c, e in behind if e == effect and c != cause)]:
            beside[one].add(other)
            beside[other].add(one)
    paths = deque([[diagram.exposure]])
    seen = {diagram.exposure, *diagram.held}
    while paths:
        path = paths.popleft()
        if path[-1] == diagram.outcome:
            return path
        for name in sorted(beside[path[-1]] - seen):
            seen.add(name)
            paths.append([*path, name])
    return []


def confounders_left(diagram: Diagram) -> list[str]:
    """Nodes that open a path behind the exposure: of each open path the node next to the exposure."""
    found = []
    while path := open_path(
        Diagram(diagram.edges, diagram.exposure, diagram.outcome, diagram.held | {*found})
    ):
        if len(path) == 2:  # the outcome itself acts on the exposure
            return [*found, path[1]]
        found.append(path[1])
    return found


def _ancestors(edges, nodes):
    found = set(nodes)
    while above := {cause for cause, effect in edges if effect in found} - found:
        found |= above
    return found
