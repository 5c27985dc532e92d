# tests/fuzz/local.mk: 'make fuzz' runs libFuzzer for FUZZ_SECONDS; needs clang and python3.
FUZZ_CC = clang
FUZZ_SECONDS = 300
FUZZ_FLAGS = -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
EXTRA_DIST += tests/fuzz/pickle.c tests/fuzz/seeds.py
CLEANFILES += tests/fuzz/pickle.fuzzer

.PHONY: fuzz
fuzz: tests/fuzz/pickle.fuzzer
	PYTHONDONTWRITEBYTECODE=1 python3 $(srcdir)/tests/fuzz/seeds.py tests/fuzz/pickle.seeds
	$(MKDIR_P) tests/fuzz/pickle.corpus
	tests/fuzz/pickle.fuzzer -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
	  -artifact_prefix=tests/fuzz/pickle- tests/fuzz/pickle.corpus tests/fuzz/pickle.seeds

tests/fuzz/pickle.fuzzer: $(core_sources) $(torch_machine) tests/fuzz/pickle.c
	$(MKDIR_P) tests/fuzz
	sources=; for f in $(core_sources) $(torch_machine) tests/fuzz/pickle.c; do \
	  case $$f in *.c) sources="$$sources $(srcdir)/$$f" ;; esac; done; \
	$(FUZZ_CC) $(DEFS) $(AM_CPPFLAGS) -DFCI_PLUGIN_DIR='""' -DFCI_PIPELINE_DIR='""' -DFCI_VERSION='""' -std=gnu11 $(FUZZ_FLAGS) \
	  $(JANSSON_CFLAGS) $(YAML_CFLAGS) $(LIBZIP_CFLAGS) $(ZLIB_CFLAGS) -o $@ $$sources $(core_libs) $(LIBS)

clean_targets += clean-fuzz
clean-fuzz:
	-rm -rf tests/fuzz/pickle.seeds tests/fuzz/pickle.corpus
.PHONY: clean-fuzz
