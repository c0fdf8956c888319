"""Build hook of the wheel: puts the files that browsers are served into the package folder ticker/web."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SERVED = ("client", "demo", "desk", "developers", "dist", "pages", "shared")


class WebFiles(BuildHookInterface):  # type: ignore[type-arg]  # the configuration's class, which this hook does not read
    """Finds the files at each build; an editable installation serves them from the checkout."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # Any: hatchling's own
        if version == "editable":
            return
        web = Path(self.root, "web")
        for folder in SERVED:
            for path in (web / folder).rglob("*"):
                # Further files are for the type checker and for the npm package.
                if path.is_file() and (folder != "client" or path.suffix == ".js") and path.name != "types.d.ts":
                    build_data["force_include"][str(path)] = f"ticker/web/{path.relative_to(web).as_posix()}"
