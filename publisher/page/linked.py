"""Joins the modules of a page into one script: a browser sends one request for it, not one for each of 150 modules.

It reads the form that every module here has: named imports at its beginning, `export` before a declaration.
"""

import re
from collections.abc import Mapping
from posixpath import dirname, join, normpath, relpath
from typing import Final

_IMPORT: Final = re.compile(r'^import \{([^}]*)\} from "([^"]+)";$', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export ((?:async )?function|class|const) ([\w$]+)", re.MULTILINE)
_OTHER_FORM: Final = re.compile(r"^(?:import|export|await)\b.*", re.MULTILINE)


def link(entry: str, files: Mapping[str, str]) -> str:
    """The script of the module `entry` and all that it imports; `files` has each module by its path.

    Each module keeps a scope of its own and runs once, after those that it imports. Raises `ValueError` for a form
    that is not read here, and for modules that import each other.
    """
    scopes: dict[str, str] = {}
    script: list[str] = []

    def scope_of(path: str) -> str:
        if path in scopes:
            if not scopes[path]:
                raise ValueError(f"{path} imports itself through others")
            return scopes[path]
        scopes[path] = ""

        def take(match: re.Match[str]) -> str:
            module = scope_of(normpath(join(dirname(path), match[2])))
            return f"const {{{match[1].replace(' as ', ': ')}}} = {module};"

        source = _IMPORT.sub(take, files[path])
        exports = [name for _, name in _EXPORT.findall(source)]
        own_address = f'new URL("{relpath(path, dirname(entry))}", import.meta.url).href'
        body = _EXPORT.sub(r"\1 \2", source).replace("import.meta.url", own_address)
        if other := _OTHER_FORM.search(body):
            raise ValueError(f"{path} has another form of module: {other[0]}")
        scope = f"module{sum(map(bool, scopes.values()))}"
        script.append(f"// {path}\nconst {scope} = (() => {{\n{body}\nreturn {{ {', '.join(exports)} }};\n}})();\n")
        scopes[path] = scope
        return scope

    scope_of(entry)
    return "".join(script)
