# bench/local.mk: 'make bench' runs all benches, 'make bench-NAME' one; BENCH_QUICK=1 takes small sizes, BENCH_DIR names the
# folder for scratch files.  FMTCONV_PYTHON needs the modules of tests/interop/requirements.txt: './bootstrap bench' installs them.
# SPDX-License-Identifier: Apache-2.0
bench_programs = bench/cast bench/copy bench/rate bench/scaled
bench_targets = bench-everyday bench-gguf bench-growth bench-llm bench-lora bench-merge bench-outputs bench-pipeline bench-quant bench-scaled bench-training bench-transformer
bench_python = $${FMTCONV_PYTHON:-python3}
bench $(bench_targets): all $(bench_programs) tests/interop/quantize
	@FMTCONV_PYTHON='$(FMTCONV_PYTHON)'; command -v "$(bench_python)" >/dev/null \
	  || { echo "the benches need Python: install python3, or run './bootstrap bench', which installs what is missing"; exit 1; }; \
	FMTCONV='$(abs_top_builddir)/.libs/fmtconv' LD_LIBRARY_PATH='$(abs_top_builddir)/.libs' \
	  FMTCONV_PLUGIN_PATH='$(abs_top_builddir)/plugins/.libs' FMTCONV_MODEL_PATH='$(abs_top_srcdir)/models' FMTCONV_CAST='$(abs_top_builddir)/bench/cast' \
	  FMTCONV_COPY='$(abs_top_builddir)/bench/copy' FMTCONV_RATE='$(abs_top_builddir)/bench/rate' \
	  FMTCONV_SCALED='$(abs_top_builddir)/bench/scaled' FMTCONV_QUANTIZE='$(abs_top_builddir)/tests/interop/quantize' \
	  PYTHONDONTWRITEBYTECODE=1 "$(bench_python)" '$(srcdir)/bench/run.py' $$(echo '$@' | sed 's/^bench-*//')
.PHONY: bench $(bench_targets)
EXTRA_DIST += \
	bench/bench_everyday.py \
	bench/bench_gguf.py \
	bench/bench_growth.py \
	bench/bench_llm.py \
	bench/bench_lora.py \
	bench/bench_merge.py \
	bench/bench_outputs.py \
	bench/bench_pipeline.py \
	bench/bench_quant.py \
	bench/bench_scaled.py \
	bench/bench_training.py \
	bench/bench_transformer.py \
	bench/benchkit.py \
	bench/growthfit.py \
	bench/growthmake.py \
	bench/modelmake.py \
	bench/naive_everyday.py \
	bench/naive_gguf.py \
	bench/naive_llm.py \
	bench/naive_lora.py \
	bench/naive_merge.py \
	bench/naive_pipeline.py \
	bench/naive_training.py \
	bench/naive_transformer.py \
	bench/pipelinenames.py \
	bench/run.py
# 'make check' builds them, so that they keep in step with the core, but check-valgrind does not run them.
EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(bench_programs)
check_DATA += $(bench_programs)
bench_cast_SOURCES = bench/cast.c
bench_cast_CFLAGS = $(AM_CFLAGS)
bench_cast_LDADD = -lpthread
bench_copy_SOURCES = bench/copy.c
bench_copy_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)
bench_copy_LDADD = core/libcore.la $(core_libs)
bench_rate_SOURCES = bench/rate.c
bench_rate_CFLAGS = $(AM_CFLAGS)
bench_rate_LDADD = -lpthread
bench_scaled_SOURCES = bench/scaled.c
bench_scaled_CFLAGS = $(AM_CFLAGS)
bench_scaled_LDADD = core/libcore.la $(core_libs)
