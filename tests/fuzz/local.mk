# tests/fuzz/local.mk: 'make fuzz' runs libFuzzer for FUZZ_SECONDS on each target; needs clang and python3.
FUZZ_CC = clang
FUZZ_SECONDS = 300
FUZZ_FLAGS = -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
EXTRA_DIST += tests/fuzz/gguf.c tests/fuzz/pickle.c tests/fuzz/seeds.py
CLEANFILES += tests/fuzz/gguf.fuzzer tests/fuzz/pickle.fuzzer

.PHONY: fuzz fuzz-gguf fuzz-pickle
fuzz: fuzz-pickle fuzz-gguf

fuzz-gguf fuzz-pickle: fuzz-%: tests/fuzz/%.fuzzer
	PYTHONDONTWRITEBYTECODE=1 python3 $(srcdir)/tests/fuzz/seeds.py tests/fuzz/$*.seeds $*
	$(MKDIR_P) tests/fuzz/$*.corpus
	tests/fuzz/$*.fuzzer -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
	  -artifact_prefix=tests/fuzz/$*- tests/fuzz/$*.corpus tests/fuzz/$*.seeds

tests/fuzz/pickle.fuzzer: $(core_sources) $(torch_machine) tests/fuzz/pickle.c
tests/fuzz/gguf.fuzzer: $(core_sources) $(plugins_gguf_la_SOURCES) tests/fuzz/gguf.c
tests/fuzz/gguf.fuzzer tests/fuzz/pickle.fuzzer:
	$(MKDIR_P) tests/fuzz
	sources=; for f in $^; do case $$f in *.c) sources="$$sources $$f" ;; esac; done; \
	$(FUZZ_CC) $(DEFS) $(AM_CPPFLAGS) -DFCI_PLUGIN_DIR='""' -DFCI_VERSION='""' -std=gnu11 $(FUZZ_FLAGS) \
	  $(JANSSON_CFLAGS) $(YAML_CFLAGS) $(LIBZIP_CFLAGS) $(ZLIB_CFLAGS) -o $@ $$sources $(core_libs) $(LIBS)

clean_targets += clean-fuzz
clean-fuzz:
	-rm -rf tests/fuzz/gguf.seeds tests/fuzz/gguf.corpus tests/fuzz/pickle.seeds tests/fuzz/pickle.corpus
.PHONY: clean-fuzz
