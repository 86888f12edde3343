"""torch and Lightning, imported without what a run does not use: half the time of a start.

Lightning takes a class of torchmetrics, and two names of torch's compiler, which torch's optimizers
import too. Both packages import many others, such as torchvision, scipy and SymPy. Here names stand
in for them; whoever uses one of the packages later imports it as ever.
"""

import gc
import inspect
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import FunctionType, ModuleType
from typing import Any

COMPILER = "torch._dynamo"


class LaterInitialised(ModuleType):
    """A package whose __init__ runs when something is asked for that is not there yet."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self.__spec__ is None or self.__spec__.loader is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        self.__class__ = ModuleType
        self.__spec__.loader.exec_module(self)
        return getattr(self, name)


class StandIn(type):
    """A class whose instances are those of the class it stands for: none before it is imported."""

    home: str

    def __instancecheck__(cls, instance: object) -> bool:
        found = getattr(sys.modules.get(cls.home), cls.__name__, cls)
        return found is not cls and isinstance(instance, found)


class OptimizedModule(metaclass=StandIn):
    """Stands for the compiler's class of compiled modules."""

    home = "torch._dynamo.eval_frame"


class JITFunction(metaclass=StandIn):
    """Stands for Triton's class of kernels."""

    home = "triton.runtime.jit"


def disable(function: Any, *_: Any, **__: Any) -> Any:
    """Stands for the compiler's decorator of what is not to be compiled."""
    return function


def plot(*arguments: Any, **settings: Any) -> Any:
    """Stands for the function that draws a metric of torchmetrics, which imports matplotlib."""
    module = import_module("torchmetrics.utilities.plot")
    return module.plot_single_or_multi_val(*arguments, **settings)


# The names that are imported from a module, and what stands for them.
STAND_INS: Mapping[str, Mapping[str, Any]] = {
    COMPILER: {"OptimizedModule": OptimizedModule, "disable": disable},
    "torchmetrics.utilities.plot": {
        "_AX_TYPE": object,
        "_PLOT_OUT_TYPE": object,
        "plot_single_or_multi_val": plot,
    },
    "triton.runtime.jit": {"JITFunction": JITFunction},
}


@contextmanager
def stand_ins() -> Iterator[None]:
    """Within, an import of these modules finds their stand-ins."""
    absent = STAND_INS.keys() - sys.modules.keys()
    for name in absent:
        sys.modules[name] = ModuleType(name)
        vars(sys.modules[name]).update(STAND_INS[name])
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def import_lightning() -> None:
    """Import Lightning, with no more of torchmetrics than it takes."""
    spec = find_spec("torchmetrics")
    if "torchmetrics" in sys.modules or spec is None:
        return
    metrics: Any = module_from_spec(spec)
    metrics.__class__ = LaterInitialised
    sys.modules["torchmetrics"] = metrics
    with stand_ins():
        metrics._logger = logging.getLogger("torchmetrics")
        metrics.__version__ = import_module("torchmetrics.__about__").__version__
        import_module("torchmetrics.utilities")
        metrics.Metric = import_module("torchmetrics.metric").Metric
        metrics.MetricCollection = import_module("torchmetrics.collections").MetricCollection
        import_module("pytorch_lightning")


def leave_compiler_out() -> None:
    """Let torch do without its compiler until somebody imports that.

    Its optimizers, and the functions of its meta device, import it to say what is not compiled.
    """
    optim = import_module("torch.optim")
    import_module("torch._refs")
    # All functions that say so are in a closure of one wrapper, and in no list.
    wrapper = optim.Optimizer.zero_grad.__code__
    for found in gc.get_objects() if "fn" in wrapper.co_freevars else []:
        if type(found) is FunctionType and found.__code__ is wrapper:
            cells = dict(zip(wrapper.co_freevars, found.__closure__ or (), strict=True))
            function = cells["fn"].cell_contents
            function.__dynamo_disable = function
    for kind in vars(optim).values():
        if inspect.isclass(kind) and getattr(vars(kind).get("step"), "__wrapped__", None):
            kind.step = without_compiler(kind.step)


def without_compiler(step: Callable[..., Any]) -> Callable[..., Any]:
    """An optimizer's step, without the compiler if it is not imported."""
    inner = inspect.unwrap(step)

    @wraps(step)
    def either(self: Any, *arguments: Any, **settings: Any) -> Any:
        if COMPILER in sys.modules:
            return step(self, *arguments, **settings)
        with sys.modules["torch"].set_grad_enabled(self.defaults["differentiable"]):
            return inner(self, *arguments, **settings)

    return either


if COMPILER not in sys.modules:
    import_module("torch")
    import_lightning()
    leave_compiler_out()
