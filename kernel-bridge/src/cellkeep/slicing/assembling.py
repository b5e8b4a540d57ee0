"""Puts the record of one execution together: which earlier executions it needs, and what it touched beside names."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .calling import Calls
from .changes import part_name
from .figures import STATE, touch_current
from .findings import Findings, Keys
from .identities import Difference
from .mentioned_files import candidate_files, local_modules, may_be_listed, uses_files_in_c
from .opened_files import Opened
from .surroundings import stamp
from .versions import Maker, Need, Touch

if TYPE_CHECKING:
    from .observer import Observer


class Assembly:
    """Needs and touches of one execution, while they are gathered."""

    def __init__(self, observer: Observer, order: int, found: Findings, calls: Calls) -> None:
        self._observer = observer
        self._order = order
        self._found = found
        self._calls = calls
        self._needs: dict[int, tuple[dict[str, None], str, bool]] = {}
        self.absorbed: set[str] = set()

    def needs(self) -> list[Need]:
        """Needs, by order."""
        found: list[Need] = [
            {"order": order, "names": list(names)[:100], "why": why, "sure": sure}
            for order, (names, why, sure) in sorted(self._needs.items())
        ]
        return found

    def need(self, makers: Iterable[Maker], shown: str, why: str, sure: bool = True) -> None:
        """Note that these executions are needed."""
        for maker in makers:
            if maker.order == self._order:
                continue
            names, text, was_sure = self._needs.get(maker.order, ({}, "", False))
            names[shown] = None
            self._needs[maker.order] = (names, text or why, was_sure or (sure and maker.sure))

    def needs_of_names(self, since: Difference) -> None:
        """Names that the cell, or code that it called, has read."""
        found, calls, observer = self._found, self._calls, self._observer
        for name, keys in found.reads.items():
            if since.was_there(name) or name in observer.versions.of:
                reason = found.reasons.get(name, "")
                self._need_name(name, keys, f"reads `{name}`" + (f": {reason}" if reason else ""), not reason)
        for name, via in calls.reads.items():
            self._need_name(name, None, f"`{via}` reads `{name}` when it is called", True)
        self._classes()
        self._modules()

    def _need_name(self, name: str, keys: Keys, why: str, sure: bool) -> None:
        versions = self._observer.versions
        seen = self._observer.looks.get(name)
        kind = seen.kind if seen is not None else ""
        shown = name
        if keys and len(keys) == 1:
            shown = f"{name}{part_name(next(iter(keys)), kind)}"
        parts = None if keys is None else [part_name(key, kind) for key in keys]
        makers = versions.makers(name, parts)
        if name in self._found.overwrites and keys is not None and name in versions.of:
            makers = versions.of[name].binders
        for maker in makers:
            verb = {"bound": "bound here", "changed": "changed here", "deleted": "changed here"}[maker.how]
            doubt = "" if maker.sure else ", as far as can be told"
            self.need([maker], shown, f"{why}, which is {verb}{doubt}", sure)

    def _classes(self) -> None:
        """An object's class is read with it: attributes of the class by those that are mentioned."""
        observer, found = self._observer, self._found
        attributes = self._calls.attributes
        for name in {*found.reads, *self._calls.reads}:
            seen = observer.looks.get(name)
            for kind in seen.classes if seen is not None else ():
                if kind != name and kind in observer.versions.of and kind not in found.reads:
                    parts = [part_name(attribute, "class") for attribute in attributes]
                    version = observer.versions.of[kind]
                    makers = [*version.changes, *(m for part in parts for m in version.parts.get(part, []))]
                    self.need(makers, kind, f"uses an object of class `{kind}`, which is changed here")

    def _modules(self) -> None:
        """State of libraries that earlier cells have set."""
        observer, found = self._observer, self._found
        states = {name[7:]: name for name in observer.versions.states("module")}
        if not states:
            return
        for name in {*found.reads, *self._calls.reads}:
            seen = observer.looks.get(name)
            if seen is None or seen.package not in states:
                continue
            key = states[seen.package]
            version = observer.versions.of[key]
            mentioned = [part for part in version.parts if part.lstrip(".") in self._calls.attributes | {name}]
            if found.stringifies and ".display" in version.parts:
                mentioned.append(".display")
            self.need(version.makers(mentioned), key, f"uses `{name}` of the library `{seen.package}`, whose state is set here", False)

    def needs_of_outputs(self, number: int | None) -> None:
        """``_``, ``_12`` and ``Out[12]``."""
        observer, found = self._observer, self._found
        shown = [output for output in observer.outputs if output != number]
        wanted = set(found.outputs)
        for back in (1, 2, 3):
            if found.reads_last_output & (1 << back) and len(shown) >= back:
                wanted.add(shown[-back])
        for output in wanted:
            self.need(observer.versions.makers(f"out:{output}"), f"out:{output}", f"reads what In[{output}] has shown")

    def current_figure(self, before: tuple[int, ...]) -> list[Touch]:
        """What pyplot draws on."""
        touches, needs = touch_current(self._observer, self._found, self._calls, before)
        for state in sorted(needs):
            why = "asks pyplot for the current figure, on which this draws" if state == STATE else "draws on the figure that is chosen here"
            self.need(self._observer.versions.makers(state), state, why)
        return touches

    def surroundings(self, files: list[Opened], started: bool, magics: set[str], number: int | None) -> list[Touch]:
        """Touches of everything that is no name, and the needs that come of it."""
        touches = [*self._streams(), *self._environment(), *self._library_states(), *self._files(files, started)]
        for magic in self._found.magics:
            self.need(self._observer.versions.makers(f"magic:{magic.name}"), f"magic:{magic.name}", f"uses the magic `%{magic.name}`")
        touches += [{"name": f"magic:{name}", "how": "bound", "sure": True} for name in sorted(magics)]
        if self._observer.has_displayed(number) and number is not None:
            self._observer.outputs.append(number)
            touches.append({"name": f"out:{number}", "how": "bound", "sure": True})
        return touches

    def _streams(self) -> list[Touch]:
        touches: list[Touch] = []
        seeds = dict(self._found.seeds)
        changed = self._observer.surroundings.changed_streams()
        if self._calls.attributes & {"seed", "manual_seed"} - self._found.attributes:
            seeds |= dict.fromkeys(changed, True)
        for stream in sorted(changed | set(seeds)):
            name = f"random:{stream}"
            if seeds.get(stream):
                touches.append({"name": name, "how": "bound", "sure": True})
                continue
            self.need(self._observer.versions.makers(name), name, f"draws random numbers of {stream}, after this")
            self.absorbed.add(name)
            touches.append({"name": name, "how": "changed", "sure": True})
        return touches

    def _environment(self) -> list[Touch]:
        observer, found = self._observer, self._found
        read = found.environment | {text for text in self._calls.strings if f"env:{text}" in observer.versions.of}
        if found.environment_whole:
            read = {name[4:] for name in observer.versions.states("env")}
        for magic in found.magics:
            read |= {name[4:] for name in observer.versions.states("env") if name[4:] in f"{magic.line} {magic.body}"}
        for name in read:
            self.need(observer.versions.makers(f"env:{name}"), f"env:{name}", f"reads the environment variable {name}, which is set here")
        touches: list[Touch] = [
            {"name": f"env:{name}", "how": "bound", "sure": True} for name in sorted(observer.surroundings.changed_environment())
        ]
        if observer.surroundings.changed_folder():
            touches.append({"name": "cwd:", "how": "bound", "sure": True})
        return touches

    def _library_states(self) -> list[Touch]:
        touches: list[Touch] = []
        for name, setter in sorted(self._calls.setters):
            seen = self._observer.looks.get(name)
            if seen is None or (seen.parts is not None and seen.kind == "module") or seen.package in ("os", "sys", "shutil"):
                continue
            if seen.kind == "module" or seen.package == "decimal":
                shown = setter == "set_printoptions" or any(text.startswith("display.") for text in self._calls.strings)
                part = ".display" if shown else ""
                touches.append({"name": f"module:{seen.package}{part}", "how": "changed", "sure": True})
        for effect in self._found.effects:
            if effect.package in ("", "builtins", "__main__"):
                continue
            name = f"module:{effect.package}" + ("" if effect.key == "*" else f".{effect.key}")
            touches.append({"name": name, "how": "changed" if effect.key == "*" else "bound", "sure": True})
        return touches

    def _files(self, files: list[Opened], started: bool) -> list[Touch]:
        observer, found = self._observer, self._found
        read = {opened.path for opened in files if opened.mode in "rd"}
        listed = {opened.path for opened in files if opened.mode == "d"}
        changed: dict[str, str] = {opened.path: opened.mode for opened in files if opened.mode in "wax"}
        read |= {opened.path for opened in files if opened.mode == "a"}
        known = {name[5:] for name in observer.versions.states("file")}
        candidates = candidate_files(found, observer.looks, known, started)
        for path in observer.surroundings.changed_files(candidates | known):
            changed.setdefault(path, "a")
        for path in candidates:
            if changed.get(path) != "w" or started or uses_files_in_c(found):
                read.add(path)
            if path not in known and path not in changed and observer.surroundings.files.get(path) and self._is_new(path):
                changed[path] = "w"
        self._handles(read, changed)
        imported = local_modules(found.imports)
        read |= set(imported.values())
        makers = observer.versions.makers
        for path in sorted(read):
            self.need(makers(f"file:{path}"), f"file:{path}", f"reads the file {path}, which is written here")
            self.need(makers(f"file:{os.path.dirname(path)}"), f"file:{path}", "uses a folder that is made here")
        for path, mode in changed.items():
            self.need(makers(f"file:{os.path.dirname(path)}"), f"file:{path}", "writes into a folder that is made here")
            if mode in "ax":
                self.need(makers(f"file:{path}"), f"file:{path}", f"changes the file {path}, which is written here")
        for folder in listed:
            for path in [path for path in known if path.startswith(folder + os.sep)]:
                if not may_be_listed(path[len(folder) + 1 :].split(os.sep), found, self._calls, observer.looks):
                    continue
                self.need(makers(f"file:{path}"), f"file:{path}", f"lists the folder {folder}, in which this writes")
        if files or found.magics or started:
            self.need(makers("cwd:"), "cwd:", "uses files in the working folder, which is set here")
        if imported and any(not path.startswith(os.getcwd()) or True for path in imported.values()):
            version = observer.versions.of.get("module:sys")
            if version is not None:
                self.need(version.makers([".path"]), "module:sys", "imports from a folder that is added here")
        touches: list[Touch] = []
        for path, mode in sorted(changed.items()):
            if mode == "x" and stamp(path) is None and path in known:
                touches.append({"name": f"file:{path}", "how": "deleted", "sure": True})
            else:
                touches.append({"name": f"file:{path}", "how": "bound" if mode == "w" else "changed", "sure": True})
                if mode == "a":
                    self.absorbed.add(f"file:{path}")
            observer.surroundings.files[path] = stamp(path)
        return touches

    def _is_new(self, path: str) -> bool:
        found = stamp(path)
        started = self._observer.started_ns
        return found is not None and found[0] >= started

    def _handles(self, read: set[str], changed: dict[str, str]) -> None:
        """Files that stay open over cells: using the handle is using the file."""
        for name in {*self._found.reads, *self._calls.reads}:
            seen = self._observer.looks.get(name)
            for path in seen.paths if seen is not None else ():
                full = os.path.abspath(path)
                if self._found.suspects and f"file:{full}" in self._observer.versions.of:
                    read.add(full)
                    changed.setdefault(full, "a")
