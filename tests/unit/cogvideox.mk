# tests/unit/cogvideox.mk: the CogVideoX plugins on the full lists of tensors.
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += tests/unit/cogvideox
TESTS += tests/unit/cogvideox
tests_unit_cogvideox_SOURCES = \
	tests/unit/cogvideox-maps.c \
	tests/unit/cogvideox-maps.h \
	tests/unit/cogvideox-shards.c \
	tests/unit/cogvideox.c \
	tests/unit/rules-help.c \
	tests/unit/rules-help.h
tests_unit_cogvideox_CPPFLAGS = $(AM_CPPFLAGS) \
	-DTEST_MAPS='"$(abs_top_srcdir)/tests/data/maps"' \
	-DTEST_CONFIGS='"$(abs_top_srcdir)/tests/data/configs"'
tests_unit_cogvideox_CFLAGS = $(unit_cflags)
tests_unit_cogvideox_LDADD = $(unit_libs)
# Modules call the program's own core, so that there is only one.
tests_unit_cogvideox_LDFLAGS = $(AM_LDFLAGS) -export-dynamic

configs = tests/data/configs
EXTRA_DIST += \
	$(configs)/CogVideoX-2B.json \
	$(configs)/CogVideoX-5B-I2V.json \
	$(configs)/CogVideoX-5B.json \
	$(configs)/CogVideoX1.5-5B-I2V.json \
	$(configs)/CogVideoX1.5-5B.json \
	$(configs)/VAE.json
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
	$(maps)/diffusers-order-VAE.txt \
	$(maps)/shards.tsv
