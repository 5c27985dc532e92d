# tests/interop/load.py NAME: loads a test without the reference libraries, which shows that the files that it needs are there.
# SPDX-License-Identifier: Apache-2.0
import importlib.abc
import importlib.machinery
import pathlib
import sys
from unittest import mock

HERE = pathlib.Path(__file__).parent


class Standing(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a module that stands for any module of a library, whatever is asked of it."""

    def find_spec(self, name, path, target=None):
        top = name.split(".")[0]
        if top in sys.stdlib_module_names or (HERE / f"{top}.py").exists():
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        module = mock.MagicMock()
        module.__path__, module.__spec__ = [], spec
        return module

    def exec_module(self, module):
        pass


sys.path.insert(0, str(HERE))
sys.meta_path.insert(0, Standing())
__import__(sys.argv[1])
