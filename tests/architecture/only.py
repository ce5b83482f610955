"""An import contract for `.importlinter`: some modules import the standard library and what is listed, only.

A list of what is forbidden would have to name every package that anybody adds later.
"""

import sys

from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.helpers import module_expressions_to_modules


class OnlyContract(Contract):
    """Direct imports of `modules` lie in the standard library or in `allowed`."""

    modules = fields.SetField(subfield=fields.ModuleExpressionField())
    allowed = fields.SetField(subfield=fields.ModuleExpressionField())

    def check(self, graph, verbose):
        allowed = {module.name for module in module_expressions_to_modules(graph, self.allowed)}
        refused = [
            (module.name, imported)
            for module in module_expressions_to_modules(graph, self.modules)
            for imported in graph.find_modules_directly_imported_by(module.name)
            if imported not in allowed and imported not in sys.stdlib_module_names
        ]
        return ContractCheck(kept=not refused, metadata={"refused": sorted(refused)})

    def render_broken_contract(self, check):
        for importer, imported in check.metadata["refused"]:
            output.print_error(f"{importer} -> {imported}")
