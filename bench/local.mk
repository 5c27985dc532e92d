# bench/local.mk: 'make bench' needs FMTCONV_PYTHON and 8 GB in BENCH_SCRATCH.
BENCH_SCRATCH = /tmp
bench: all
	$(AM_TESTS_ENVIRONMENT) "$$FMTCONV_PYTHON" $(srcdir)/bench/lora.py --scratch $(BENCH_SCRATCH)
.PHONY: bench
EXTRA_DIST += bench/lora.py bench/naive.py
