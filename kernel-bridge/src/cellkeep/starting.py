"""``cellkeep.run(...)``: what it returns opens a run for a ``with`` block, or for each call of a function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Mapping
from types import TracebackType
from typing import Any, Literal, ParamSpec, TypeVar, cast

from . import active
from .errors import final_status
from .opening import open_run
from .runs import Run
from .values import checked_name, checked_notes, checked_params, checked_tags

P = ParamSpec("P")
T = TypeVar("T")


class RunStarter:
    """Opens a run when it is entered and ends it when it is left; may be entered many times, also at once."""

    def __init__(
        self,
        name: str | None,
        experiment: str | None,
        params: Mapping[str, object] | None,
        tags: Mapping[str, object] | Iterable[str] | None,
        notes: str | None,
        parent: Run | str | None,
        nested: bool,
    ) -> None:
        # Mistakes show where the run is described, not where it starts.
        self._name = checked_name(name, "the name of a run") if name is not None else None
        self._experiment = checked_name(experiment, "the name of an experiment") if experiment is not None else None
        self._params = checked_params(params) if params is not None else None
        self._tags = checked_tags(tags) if tags is not None else None
        self._notes = checked_notes(notes) if notes is not None else None
        self._parent = parent
        self._nested = nested
        self._entered: list[Run] = []

    def _open(self, name: str | None = None, activate: bool = True) -> Run:
        run = open_run(
            self._name or name,
            experiment=self._experiment,
            params=self._params,
            tags=self._tags,
            notes=self._notes,
            parent=self._parent,
            nested=self._nested,
            activate=activate,
        )
        run.scoped = True
        return run

    def __enter__(self) -> Run:
        run = self._open()
        self._entered.append(run)
        return run

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None) -> Literal[False]:
        # Left in another order than entered where tasks share one starter: the one of this context is meant.
        current = active.current()
        run = current if current is not None and current in self._entered else self._entered[-1]
        self._entered.remove(run)
        _end(run, error)
        return False

    async def __aenter__(self) -> Run:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> Literal[False]:
        return self.__exit__(kind, error, frames)

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Decorate a function, coroutine function or generator function: each call is a run, named after the function."""
        if not callable(function):
            raise TypeError(f"cellkeep.run(...) decorates functions, not {type(function).__name__}")
        name = getattr(function, "__name__", None)
        name = None if name in (None, "<lambda>") else name
        wrapper: Callable[..., Any]
        if inspect.isasyncgenfunction(function):
            wrapper = self._around_async_generator(function, name)
        elif inspect.isgeneratorfunction(function):
            wrapper = self._around_generator(function, name)
        elif inspect.iscoroutinefunction(function):
            wrapper = self._around_coroutine(function, name)
        else:
            wrapper = self._around_function(function, name)
        return cast("Callable[P, T]", functools.wraps(function)(wrapper))

    def _around_function(self, function: Callable[..., Any], name: str | None) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            run = self._open(name)
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                _end(run, error)
                raise
            _end(run, None)
            return result

        return call

    def _around_coroutine(self, function: Callable[..., Any], name: str | None) -> Callable[..., Any]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            run = self._open(name)
            try:
                result = await function(*args, **kwargs)
            except BaseException as error:
                _end(run, error)
                raise
            _end(run, None)
            return result

        return call

    def _around_generator(self, function: Callable[..., Any], name: str | None) -> Callable[..., Any]:
        """The run is current only while the body runs, not in whoever asks for the next value."""

        def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            run = self._open(name, activate=False)
            body = function(*args, **kwargs)
            step: Callable[[], Any] = functools.partial(next, body)
            try:
                while True:
                    before = active.swap(run)
                    try:
                        value = step()
                    except StopIteration as stop:
                        _end(run, None)
                        return stop.value
                    finally:
                        active.swap(before)
                    try:
                        step = functools.partial(body.send, (yield value))
                    except GeneratorExit:
                        body.close()
                        raise
                    except BaseException as error:
                        step = functools.partial(body.throw, error)
            except BaseException as error:
                _end(run, error)
                raise

        return call

    def _around_async_generator(self, function: Callable[..., Any], name: str | None) -> Callable[..., Any]:
        async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
            run = self._open(name, activate=False)
            body = function(*args, **kwargs)
            step: Callable[[], Any] = body.__anext__
            try:
                while True:
                    before = active.swap(run)
                    try:
                        value = await step()
                    except StopAsyncIteration:
                        _end(run, None)
                        return
                    finally:
                        active.swap(before)
                    try:
                        step = functools.partial(body.asend, (yield value))
                    except GeneratorExit:
                        await body.aclose()
                        raise
                    except BaseException as error:
                        step = functools.partial(body.athrow, error)
            except BaseException as error:
                _end(run, error)
                raise

        return call


def _end(run: Run, error: BaseException | None) -> None:
    status = final_status(error)
    run.end(status, error if status != "finished" else None)
