"""Which names a statement binds and reads, and so which statements an answer depends on.

Read off the compiled code, so that every way of binding counts: assignments in branches, loops, `try` and
`with`, walrus, imports, `global` in functions, comprehensions.
"""

import ast
import dis
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, TypeGuard

STORES = {"STORE_NAME", "STORE_GLOBAL", "DELETE_NAME", "DELETE_GLOBAL"}
GLOBAL_STORES = {"STORE_GLOBAL", "DELETE_GLOBAL"}
LOADS = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS", "LOAD_FROM_DICT_OR_DEREF"}
# A call of one of these may bind or read any name.
DYNAMIC = {"exec", "eval", "globals", "locals", "vars", "setattr", "__import__", "compile"}
COMPREHENSIONS = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}
EVERYTHING = "*"  # stands for all names among those that are bound
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


@dataclass
class Names:
    """The global names of a piece of code.

    Args:
        bound: assigned, deleted, imported or defined; EVERYTHING after a star import.
        changed: those whose object is changed in place, by an item or an attribute.
        called: those of which the statement is a method's call, which may change them too.
        read: needed at once, when the code runs.
        read_later: needed when the functions that it defines are called.
    """

    bound: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    read_later: set[str] = field(default_factory=set)


def names_of(node: ast.stmt) -> Names:
    """Return the names of one statement at the top level of a cell. SyntaxError where it is none."""
    module = ast.Module([node], type_ignores=[])
    names = Names(changed=set(changed_names(node)), called=set(called_names(node)))
    collect(compile(module, "<cell>", "exec", dont_inherit=True), names, is_called=False)
    stars = [part for part in ast.walk(node) if isinstance(part, ast.ImportFrom)]
    if any(alias.name == "*" for part in stars for alias in part.names):
        names.bound.add(EVERYTHING)
    return names


def collect(code: CodeType, names: Names, is_called: bool, is_module: bool = True) -> None:
    """Add the names of compiled code, and of the code inside it; `is_called`: it runs later."""
    for instruction in dis.get_instructions(code):
        name = instruction.argval
        if instruction.opname in (STORES if is_module else GLOBAL_STORES):
            names.bound.add(name)
        elif instruction.opname in LOADS:
            (names.read_later if is_called else names.read).add(name)
    for inner in (constant for constant in code.co_consts if isinstance(constant, CodeType)):
        # The body of a class, and a comprehension, run at once; a function's when it is called.
        at_once = not inner.co_flags & inspect.CO_NEWLOCALS or inner.co_name in COMPREHENSIONS
        collect(inner, names, is_called or not at_once, is_module=False)


def changed_names(node: ast.stmt) -> Iterator[str]:
    """Yield the names whose objects a statement changes in place: x.a = 1, del x[0], setattr(x, ...)."""
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute | ast.Subscript) and not isinstance(part.ctx, ast.Load):
            yield from root_of(part)
        elif isinstance(part, ast.Call) and getattr(part.func, "id", "") in ("setattr", "delattr"):
            yield from (argument.id for argument in part.args[:1] if isinstance(argument, ast.Name))


def called_names(node: ast.stmt) -> Iterator[str]:
    """Yield the names of which a statement calls a method for its effect: x.append(1)."""
    for part in ast.walk(node):
        function = part.value.func if is_call(part) else None
        if isinstance(function, ast.Attribute):
            yield from root_of(function)


def is_call(node: ast.AST) -> TypeGuard[Any]:
    """Say whether a node is a statement that is nothing but a call."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)


def is_switch(node: ast.stmt) -> bool:
    """Say whether a statement sets one of torch's global switches: torch.set_default_dtype(...)."""
    function = node.value.func if is_call(node) else None
    if not isinstance(function, ast.Attribute) or "torch" not in root_of(function):
        return False
    return function.attr.startswith(("set_", "use_"))


def root_of(node: ast.expr) -> Iterator[str]:
    """Yield the name that a chain of attributes and items begins with, if it is one."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def is_definition(node: ast.stmt) -> bool:
    """Say whether a statement only defines: functions, classes, imports, and constants without a call."""
    if isinstance(node, DEFINITIONS):
        return True
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return False
    return not any(isinstance(part, ast.Call | ast.Await) for part in ast.walk(node))
