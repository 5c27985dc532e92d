# tests/contract/local.mk: what every plugin that was built must keep.
# SPDX-License-Identifier: Apache-2.0
contract_scripts = \
	tests/contract/absent.sh \
	tests/contract/habits.sh \
	tests/contract/headers.sh \
	tests/contract/language.sh \
	tests/contract/layers.sh \
	tests/contract/licenses.sh \
	tests/contract/loading.sh \
	tests/contract/manuals.sh \
	tests/contract/names.sh \
	tests/contract/needs.sh \
	tests/contract/new-plugin.sh \
	tests/contract/packages.sh \
	tests/contract/pages.sh \
	tests/contract/python-abi.sh \
	tests/contract/read-calls.sh \
	tests/contract/scripts.sh \
	tests/contract/symbols.sh \
	tests/contract/system-calls.sh \
	tests/contract/test-plugin.sh
TESTS += $(contract_scripts)
EXTRA_DIST += $(contract_scripts) tests/contract/check_habits.py tests/contract/check_headers.py tests/contract/check_language.py tests/contract/check_layers.py tests/contract/check_licenses.py tests/contract/check_packages.py tests/contract/check_package_files.py tests/contract/language.allow tests/contract/check_read_calls.py tests/contract/check_scripts.py tests/contract/check_system_calls.py
if CRITERION
check_PROGRAMS += tests/contract/contract tests/contract/index
TESTS += tests/contract/contract tests/contract/index
endif
tests_contract_contract_SOURCES = tests/contract/contract.c tests/contract/each.h tests/unit/messages.h
tests_contract_contract_CFLAGS = $(unit_cflags)
tests_contract_contract_LDADD = $(unit_libs)
# Modules call the program's own core, so that there is only one.
tests_contract_contract_LDFLAGS = $(AM_LDFLAGS) -export-dynamic
tests_contract_index_SOURCES = tests/contract/index.c tests/contract/each.h tests/unit/messages.h
tests_contract_index_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_MAPS='"$(abs_top_srcdir)/tests/data/maps"'
tests_contract_index_CFLAGS = $(unit_cflags)
tests_contract_index_LDADD = $(unit_libs)
tests_contract_index_LDFLAGS = $(AM_LDFLAGS) -export-dynamic
