"""Which sequences run in one pass of a model that pads: those of like length, within a budget of tokens."""

from collections.abc import Sequence


def batches(lengths: Sequence[int], *, token_budget: int) -> list[list[int]]:
    """Indices of `lengths` in batches, short sequences first.

    The longest of a batch times their number stays within the budget; a sequence that exceeds it alone runs alone.
    """
    found: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        # Ascending: the newest is the longest of its batch, and all are padded to it.
        if found and (len(found[-1]) + 1) * lengths[index] <= token_budget:
            found[-1].append(index)
        else:
            found.append([index])
    return found
