"""A guard that fails where tensor code reads a value back to the host or makes a shape depend on data.

On a CPU nothing waits, so the guard watches the operations themselves; on CUDA it also asks PyTorch to raise.
"""

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

FORBIDDEN = {
    "_local_scalar_dense",
    "nonzero",
    "masked_select",
    "unique2",
    "_unique2",
    "unique_dim",
    "equal",
    "is_nonzero",
}


class NoSynchronisation(TorchDispatchMode):
    """Raises at the first operation that would wait for the device.

    It cannot see ``Tensor.numpy()`` and ``Tensor.tolist()``; both call into it on CUDA only, where PyTorch's own
    debug mode raises.
    """

    def __enter__(self) -> "NoSynchronisation":
        """Starts watching."""
        if torch.cuda.is_available():
            self._before = torch.cuda.get_sync_debug_mode()
            torch.cuda.set_sync_debug_mode("error")
        super().__enter__()
        return self

    def __exit__(self, *reason: Any) -> None:
        """Stops watching."""
        super().__exit__(*reason)
        if torch.cuda.is_available():
            torch.cuda.set_sync_debug_mode(self._before)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Checks one operation."""
        name = func.overloadpacket.__name__
        if name in FORBIDDEN or (name.startswith("index") and _by_mask(args)):
            raise AssertionError(f"torch operation {name!r} reads a value back or has a shape that depends on data")
        return func(*args, **(kwargs or {}))


def _by_mask(args: tuple[Any, ...]) -> bool:
    indices = args[1] if len(args) > 1 and isinstance(args[1], list | tuple) else ()
    return any(isinstance(each, torch.Tensor) and each.dtype in (torch.bool, torch.uint8) for each in indices)
