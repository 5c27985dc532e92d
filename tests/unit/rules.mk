# tests/unit/rules.mk: the rule engine, on small tables and on the real ones of CogVideoX.
check_PROGRAMS += tests/unit/rules
TESTS += tests/unit/rules
tests_unit_rules_SOURCES = \
	tests/unit/cogvideox-tables.h \
	tests/unit/rules-apply.c \
	tests/unit/rules-errors.c \
	tests/unit/rules-help.c \
	tests/unit/rules-help.h \
	tests/unit/rules-maps.c \
	tests/unit/rules-oracle.c \
	tests/unit/rules-reverse.c \
	tests/unit/rules.c
tests_unit_rules_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_MAPS='"$(abs_top_srcdir)/tests/data/maps"'
tests_unit_rules_CFLAGS = $(unit_cflags)
tests_unit_rules_LDADD = $(unit_libs)

maps = tests/data/maps
EXTRA_DIST += \
	$(maps)/CogVideoX-2B.tsv \
	$(maps)/CogVideoX-5B-I2V.tsv \
	$(maps)/CogVideoX-5B.tsv \
	$(maps)/CogVideoX1.5-5B-I2V.tsv \
	$(maps)/CogVideoX1.5-5B.tsv \
	$(maps)/VAE.tsv \
	$(maps)/diffusers-order-CogVideoX-2B.txt \
	$(maps)/diffusers-order-CogVideoX-5B-I2V.txt \
	$(maps)/diffusers-order-CogVideoX-5B.txt \
	$(maps)/diffusers-order-CogVideoX1.5-5B-I2V.txt \
	$(maps)/diffusers-order-CogVideoX1.5-5B.txt \
	$(maps)/diffusers-order-VAE.txt
