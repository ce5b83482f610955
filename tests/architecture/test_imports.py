"""Every import contract of `.importlinter`, proven by breaking it once in a copy of the sources."""

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("customer", "marketing-resources", "reporting", "visit")
SOURCES = ("chassis", "directory", "gateway", *(f"services/{name}" for name in SERVICES))
# Contract of .importlinter -> a module that breaks it, and what the module imports.
PLANTED = {
    "services": ("visit/planted/shortcut.py", "customer.settings"),
    "chassis": ("chassis/planted.py", "journeyman.visit.v1.events_pb2"),
    "directory": ("directory/planted.py", "visit.settings"),
    "local": ("reporting/planted/shortcut.py", "local_stack.ports"),
    "public": ("demo_week/planted.py", "customer.settings"),
    "gateway": ("gateway/planted.py", "gateway.identity.settings"),
    "identity": ("gateway/identity/planted/servicer.py", "gateway.problem"),
    "rules": ("visit/planted/rules.py", "sqlalchemy"),
    "pure": ("reporting/planted/rules.py", "time"),
    "tables": ("visit/planted/tables.py", "visit.planted.store"),
    "stores": ("visit/planted/store.py", "visit.planted.servicer"),
    "composition": ("visit/planted/servicer.py", "visit.app"),
}


def contracts():
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    prefix = "importlinter:contract:"
    return {
        name.removeprefix(prefix): section["name"]
        for name, section in config.items()
        if name.startswith(prefix)
    }


@pytest.fixture(scope="session")
def complaint(tmp_path_factory):
    """What lint-imports says about the sources with every violation planted."""
    copy = tmp_path_factory.mktemp("planted")
    for folder in (*SOURCES, "deploy/local"):
        ignored = shutil.ignore_patterns("__pycache__", "wire")
        shutil.copytree(ROOT / folder / "src", copy, dirs_exist_ok=True, ignore=ignored)
    shutil.copy(ROOT / ".importlinter", copy)
    shutil.copytree(ROOT / "tests/architecture", copy / "tests/architecture")
    for name, imported in PLANTED.values():
        path = copy / name
        path.parent.mkdir(exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(f"import {imported}\n")
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
    environment = os.environ | {"PYTHONPATH": str(copy), "COLUMNS": "300"}
    ran = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return ran.stdout.partition("Broken contracts")[2]


def test_each_contract_has_a_planted_violation():
    assert set(PLANTED) == set(contracts())


@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_violation_is_found(contract, complaint):
    name, imported = PLANTED[contract]
    importer = name.removesuffix(".py").replace("/", ".")
    name = contracts()[contract]
    found = complaint.partition(f"{name}\n{'-' * len(name)}")[2].partition("\n---")[0]
    assert f"{importer} -> {imported}" in found, found or complaint
