# bench/local.mk: 'make bench' needs FMTCONV_PYTHON and 40 GB in BENCH_SCRATCH; 'make bench-lora' 8 GB,
# 'make bench-merge' and 'make bench-everyday' 6 GB, 'make bench-gguf' and 'make bench-outputs' 5 GB, 'make bench-quant' and
# 'make bench-scaled' nothing.
BENCH_SCRATCH = /tmp
bench_run = FMTCONV='$(abs_top_builddir)/.libs/fmtconv' LD_LIBRARY_PATH='$(abs_top_builddir)/.libs' \
	FMTCONV_PLUGIN_PATH='$(abs_top_builddir)/plugins/.libs' "$(FMTCONV_PYTHON)"
bench: bench-quant bench-scaled bench-everyday bench-gguf bench-lora bench-merge bench-outputs bench-transformer
bench-everyday: all bench/cast bench/copy
	FMTCONV_CAST='$(abs_top_builddir)/bench/cast' FMTCONV_COPY='$(abs_top_builddir)/bench/copy' $(bench_run) \
		$(srcdir)/bench/everyday.py --scratch $(BENCH_SCRATCH)
bench-gguf: all bench/cast
	FMTCONV_CAST='$(abs_top_builddir)/bench/cast' $(bench_run) $(srcdir)/bench/gguf.py --scratch $(BENCH_SCRATCH)
bench-lora: all
	$(bench_run) $(srcdir)/bench/lora.py --scratch $(BENCH_SCRATCH)
bench-merge: all bench/rate
	FMTCONV_RATE='$(abs_top_builddir)/bench/rate' $(bench_run) $(srcdir)/bench/merge.py --scratch $(BENCH_SCRATCH)
bench-outputs: all
	$(bench_run) $(srcdir)/bench/outputs.py --scratch $(BENCH_SCRATCH)
bench-quant: tests/interop/quantize
	FMTCONV_QUANTIZE=tests/interop/quantize "$(FMTCONV_PYTHON)" $(srcdir)/bench/quant.py
bench-scaled: bench/scaled
	bench/scaled
bench-transformer: all
	$(bench_run) $(srcdir)/bench/transformer.py --scratch $(BENCH_SCRATCH)
.PHONY: bench bench-everyday bench-gguf bench-lora bench-merge bench-outputs bench-quant bench-scaled bench-transformer
EXTRA_DIST += bench/everyday.py bench/gguf.py bench/lora.py bench/merge.py bench/naive.py bench/naive_everyday.py \
	bench/naive_transformer.py bench/outputs.py bench/quant.py bench/transformer.py
EXTRA_PROGRAMS += bench/cast bench/copy bench/rate bench/scaled
CLEANFILES += bench/cast$(EXEEXT) bench/copy$(EXEEXT) bench/rate$(EXEEXT) bench/scaled$(EXEEXT)
bench_cast_SOURCES = bench/cast.c
bench_cast_CFLAGS = $(AM_CFLAGS)
bench_cast_LDADD = -lpthread
bench_copy_SOURCES = bench/copy.c core/kernel/cpu.c core/kernel/crc32.c
bench_copy_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)
bench_copy_LDADD = $(ZLIB_LIBS) -lpthread
bench_rate_SOURCES = bench/rate.c
bench_rate_CFLAGS = $(AM_CFLAGS)
bench_rate_LDADD = -lpthread
bench_scaled_SOURCES = bench/scaled.c
bench_scaled_CFLAGS = $(AM_CFLAGS)
bench_scaled_LDADD = core/libcore.la $(core_libs)
