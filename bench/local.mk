# bench/local.mk: 'make bench' needs FMTCONV_PYTHON and 40 GB in BENCH_SCRATCH; 'make bench-lora' 8 GB.
BENCH_SCRATCH = /tmp
bench_run = FMTCONV='$(abs_top_builddir)/.libs/fmtconv' LD_LIBRARY_PATH='$(abs_top_builddir)/.libs' \
	FMTCONV_PLUGIN_PATH='$(abs_top_builddir)/plugins/.libs' "$(FMTCONV_PYTHON)"
bench: bench-lora bench-transformer
bench-lora: all
	$(bench_run) $(srcdir)/bench/lora.py --scratch $(BENCH_SCRATCH)
bench-transformer: all
	$(bench_run) $(srcdir)/bench/transformer.py --scratch $(BENCH_SCRATCH)
.PHONY: bench bench-lora bench-transformer
EXTRA_DIST += bench/lora.py bench/naive.py bench/naive_transformer.py bench/transformer.py
