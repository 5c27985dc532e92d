# bench/local.mk: 'make bench' needs FMTCONV_PYTHON and 8 GB in BENCH_SCRATCH; 'make bench-quant' little time.
BENCH_SCRATCH = /tmp
bench: all
	FMTCONV='$(abs_top_builddir)/.libs/fmtconv' LD_LIBRARY_PATH='$(abs_top_builddir)/.libs' \
	FMTCONV_PLUGIN_PATH='$(abs_top_builddir)/plugins/.libs' \
	"$(FMTCONV_PYTHON)" $(srcdir)/bench/lora.py --scratch $(BENCH_SCRATCH)
bench-quant: tests/interop/quantise
	FMTCONV_QUANTISE=tests/interop/quantise "$(FMTCONV_PYTHON)" $(srcdir)/bench/quant.py
.PHONY: bench bench-quant
EXTRA_DIST += bench/lora.py bench/naive.py bench/quant.py
