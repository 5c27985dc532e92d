# packaging/python/local.mk: the Python package, which pip builds; here it is only part of a release.
# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += \
	packaging/python/MANIFEST.in \
	packaging/python/README.md \
	packaging/python/check-sdist.sh \
	packaging/python/check-wheel.sh \
	packaging/python/check.sh \
	packaging/python/fmtconv/__init__.py \
	packaging/python/fmtconv/__main__.py \
	packaging/python/fmtconv/_checkpoint.py \
	packaging/python/fmtconv/_context.py \
	packaging/python/fmtconv/_convert.py \
	packaging/python/fmtconv/_dtypes.py \
	packaging/python/fmtconv/_edit.py \
	packaging/python/fmtconv/_errors.py \
	packaging/python/fmtconv/_lib.py \
	packaging/python/fmtconv/py.typed \
	packaging/python/make_abi.py \
	packaging/python/pyproject.toml \
	packaging/python/repair.py \
	packaging/python/setup.py \
	packaging/python/tests/conftest.py \
	packaging/python/tests/test_abi.py \
	packaging/python/tests/test_cancel.py \
	packaging/python/tests/test_checkpoint.py \
	packaging/python/tests/test_convert.py \
	packaging/python/tests/test_edit.py \
	packaging/python/tests/test_errors.py \
	packaging/python/tests/test_program.py \
	packaging/python/tests/test_readme.py \
	packaging/python/tests/test_threads.py \
	packaging/python/tests/test_torch.py
