"""A key-value cache layer that is allocated once, and that drops rows without copying the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from transformers.cache_utils import DynamicLayer

if TYPE_CHECKING:
    from torch import Tensor
    from transformers.cache_utils import Cache


class PreallocatedLayer(DynamicLayer):
    """Like DynamicLayer, which copies everything at each step, but writes into place.

    Tensors are (rows, heads, positions, size); `keys` and `values` are views of the part in use.
    """

    def __init__(self, filled: DynamicLayer, source_rows: Tensor, extra: int):
        """Take row source_rows[i] of `filled` as row i, with room for `extra` more positions."""
        super().__init__()
        self.dtype, self.device, self.is_initialized = filled.keys.dtype, filled.keys.device, True
        self._length, self._rows = filled.keys.shape[-2], len(source_rows)
        self._stores = [self._expand(tensor, source_rows, extra) for tensor in (filled.keys, filled.values)]
        self._show()

    def update(self, key_states: Tensor, value_states: Tensor, *args: object, **kwargs: object) -> tuple:
        start, self._length = self._length, self._length + key_states.shape[-2]
        for store, states in zip(self._stores, (key_states, value_states), strict=True):
            store[: self._rows, :, start : self._length].copy_(states)
        self._show()
        return self.keys, self.values

    def move_rows(self, sources: Tensor, targets: Tensor, rows: int) -> None:
        """Copy rows `sources` over rows `targets` (disjoint), then keep the first `rows` rows."""
        if len(sources):
            for store in self._stores:
                store[targets, :, : self._length] = store[sources, :, : self._length]
        self._rows = rows
        self._show()

    def _expand(self, tensor: Tensor, source_rows: Tensor, extra: int) -> Tensor:
        _, heads, length, size = tensor.shape
        store = tensor.new_empty(len(source_rows), heads, length + extra, size)
        store[:, :, :length] = tensor[source_rows]
        return store

    def _show(self) -> None:
        self.keys, self.values = (store[: self._rows, :, : self._length] for store in self._stores)


def expand(cache: Cache, source_rows: Tensor, extra: int) -> None:
    """Repeat and reorder the rows of a prefilled cache in place, with room for `extra` positions where possible.

    Layers of other kinds (sliding windows, recurrent states) keep their own class.
    """
    for index, layer in enumerate(cache.layers):
        if type(layer) is DynamicLayer and layer.get_seq_length():
            cache.layers[index] = PreallocatedLayer(layer, source_rows, extra)
        else:
            layer.reorder_cache(source_rows)


def keep_rows(cache: Cache, sources: Tensor, targets: Tensor, order: Tensor) -> None:
    """Drop finished rows. order: the kept rows in their new order, which moving `sources` to `targets` also gives."""
    for layer in cache.layers:
        if isinstance(layer, PreallocatedLayer):
            layer.move_rows(sources, targets, len(order))
        else:
            layer.reorder_cache(order)


def compaction(alive: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(sources, targets, order) that fill the holes of dead rows with the last living ones.

    alive: (rows,) bool. Only as many rows move as there are holes among the first `alive.sum()`.
    """
    count = int(alive.sum())
    targets = (~alive[:count]).nonzero()[:, 0]
    sources = alive[count:].nonzero()[:, 0] + count
    order = torch.arange(count, device=alive.device)
    order[targets] = sources
    return sources, targets, order
