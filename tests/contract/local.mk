# tests/contract/local.mk: what every plugin that was built must keep.
TESTS += tests/contract/layers.sh tests/contract/scripts.sh tests/contract/symbols.sh
EXTRA_DIST += tests/contract/layers.sh tests/contract/scripts.py tests/contract/scripts.sh tests/contract/symbols.sh
if CRITERION
check_PROGRAMS += tests/contract/contract
TESTS += tests/contract/contract
endif
tests_contract_contract_SOURCES = tests/contract/contract.c tests/unit/heard.h
tests_contract_contract_CFLAGS = $(unit_cflags)
tests_contract_contract_LDADD = $(unit_libs)
# Modules call the program's own core, so that there is only one.
tests_contract_contract_LDFLAGS = $(AM_LDFLAGS) -export-dynamic
