"""Which outputs of a scan depend on which of its inputs: what a step does, carried on from step to step."""

from __future__ import annotations

from theano.scan.parts import ScanSpec


def outer_pattern(spec: ScanSpec, inner: list[list[bool]]) -> list[list[bool]]:
    """``[input][output]`` of the node, from that of a step."""
    n_states = len(spec.states)
    n_out = n_states + len(spec.outputs)
    position = 0
    # For each input of the node, the outputs that one step connects it with.
    direct: list[set[int]] = [set()]  # the number of steps is nobody's argument

    def rows(n: int) -> set[int]:
        nonlocal position
        found = {o for row in inner[position : position + n] for o in range(n_out) if row[o]}
        position += n
        return found

    direct += [rows(len(offsets)) for offsets in spec.sequences]
    follow = [rows(len(s.taps)) for s in spec.states]
    direct += [{k} | follow[k] for k in range(n_states)]
    for _ in range(spec.n_shared):  # no array, no gradient
        rows(1)
        direct.append(set())
    direct += [rows(1) for _ in range(spec.n_non_sequences)]
    return [
        [o in reached for o in range(n_out)] + [False] * spec.n_shared
        for reached in (closure(found, follow) for found in direct)
    ]


def closure(found: set[int], follow: list[set[int]]) -> set[int]:
    """`found` and all outputs that its states lead to; ``follow[k]`` is what a step makes of state `k`."""
    reached, todo = set(found), list(found)
    while todo:
        k = todo.pop()
        if k < len(follow):
            new = follow[k] - reached
            reached |= new
            todo.extend(new)
    return reached
