# tests/local.mk: what 'make check' runs.
# SPDX-License-Identifier: Apache-2.0
AM_TESTS_ENVIRONMENT = \
	FMTCONV_INSTALLED='$(plugindir)'; export FMTCONV_INSTALLED; \
	FMTCONV_PRESETS='$(pipelinedir)'; export FMTCONV_PRESETS; \
	FMTCONV_INDEX_INSTALLED='$(indexdir)'; export FMTCONV_INDEX_INSTALLED; \
	FMTCONV='$(abs_top_builddir)/fmtconv'; $(without_wrapper) export FMTCONV; \
	FMTCONV_PLUGIN_PATH='$(abs_top_builddir)/plugins/.libs'; export FMTCONV_PLUGIN_PATH; \
	FMTCONV_PIPELINE_PATH='$(abs_top_srcdir)/pipelines'; export FMTCONV_PIPELINE_PATH; \
	FMTCONV_MODEL_PATH='$(abs_top_srcdir)/models'; export FMTCONV_MODEL_PATH; \
	FMTCONV_MODULES='$(plugin_LTLIBRARIES)'; export FMTCONV_MODULES; \
	FMTCONV_BUILT='$(FC_BUILT)'; export FMTCONV_BUILT; \
	FMTCONV_PYTHON='$(FMTCONV_PYTHON)'; export FMTCONV_PYTHON; \
	FMTCONV_FAULTS='$(FMTCONV_FAULTS)'; export FMTCONV_FAULTS; \
	FMTCONV_LONG='$(FMTCONV_LONG)'; export FMTCONV_LONG; \
	SANITIZER_CFLAGS='$(SANITIZER_CFLAGS)'; export SANITIZER_CFLAGS; \
	CC='$(CC)'; export CC;
# libtool's wrapper is a shell script, which takes more time than the program does in most of some ten thousand calls.
without_wrapper = \
	if test -x '$(abs_top_builddir)/.libs/fmtconv'; then \
	  FMTCONV='$(abs_top_builddir)/.libs/fmtconv'; \
	  LD_LIBRARY_PATH='$(abs_top_builddir)/.libs'$${LD_LIBRARY_PATH:+:$$LD_LIBRARY_PATH}; export LD_LIBRARY_PATH; \
	fi;
TEST_EXTENSIONS = .py .sh
repeating_tests =
include tests/maintainer.mk

unit_libs = core/libcore.la $(core_libs) $(CRITERION_LIBS)
unit_cflags = $(AM_CFLAGS) $(CRITERION_CFLAGS) $(JANSSON_CFLAGS) $(YAML_CFLAGS) $(LIBZIP_CFLAGS) $(ZLIB_CFLAGS)

# Criterion suites, one program an area.
if CRITERION
include tests/unit/base.mk
include tests/unit/attr.mk
include tests/unit/source.mk
include tests/unit/view.mk
include tests/unit/rules.mk
include tests/unit/cogvideox.mk
include tests/unit/kernel.mk
include tests/unit/plan.mk
include tests/unit/plugin.mk
include tests/unit/quant.mk
include tests/unit/pickle.mk
include tests/unit/spec.mk
include tests/unit/torch.mk
else
TESTS += tests/unit/skip.sh
# What those fragments name is in the tarball all the same.
EXTRA_DIST += tests/data
endif
EXTRA_DIST += tests/need.sh tests/unit/skip.sh

include tests/interop/local.mk
include tests/invalid/local.mk
include tests/faults/local.mk
include tests/fuzz/local.mk
include tests/mutation/local.mk
include tests/abi/local.mk
include tests/thirdparty/local.mk
include tests/cli/local.mk
include tests/cross/local.mk

# The sample of './bootstrap demo': tests/interop/satmake.py --hidden 16 --layers 30 --rank 4 --alpha 2.
sample = tests/data/ckpts_2b_lora/lora-disney-11-23-10-00
EXTRA_DIST += \
	$(sample)/1000/mp_rank_00_model_states.pt \
	$(sample)/latest \
	$(sample)/training_config.yaml
include tests/build/local.mk
include tests/contract/local.mk
