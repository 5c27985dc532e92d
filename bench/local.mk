# bench/local.mk: 'make bench' needs FMTCONV_PYTHON and 8 GB in BENCH_SCRATCH.
BENCH_SCRATCH = /tmp
bench: all
	FMTCONV='$(abs_top_builddir)/.libs/fmtconv' LD_LIBRARY_PATH='$(abs_top_builddir)/.libs' \
	FMTCONV_PLUGIN_PATH='$(abs_top_builddir)/plugins/.libs' \
	"$(FMTCONV_PYTHON)" $(srcdir)/bench/lora.py --scratch $(BENCH_SCRATCH)
.PHONY: bench
EXTRA_DIST += bench/lora.py bench/naive.py
