# tests/fuzz/local.mk: 'make fuzz' runs libFuzzer for FUZZ_SECONDS on each; needs clang and python3.
# SPDX-License-Identifier: Apache-2.0
FUZZ_CC = clang
FUZZ_SECONDS = 300
FUZZ_FLAGS = -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
FUZZ_RUN = -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -timeout=10 -rss_limit_mb=2048
EXTRA_DIST += tests/fuzz/gguf.c tests/fuzz/pickle.c tests/fuzz/seeds.py tests/fuzz/spec.c
CLEANFILES += tests/fuzz/gguf.fuzzer tests/fuzz/pickle.fuzzer tests/fuzz/spec.fuzzer

.PHONY: fuzz fuzz-gguf fuzz-pickle fuzz-spec
fuzz: fuzz-pickle fuzz-spec fuzz-gguf
fuzz-gguf: tests/fuzz/gguf.fuzzer
	PYTHONDONTWRITEBYTECODE=1 python3 $(srcdir)/tests/fuzz/seeds.py tests/fuzz/gguf.seeds gguf
	$(MKDIR_P) tests/fuzz/gguf.corpus
	tests/fuzz/gguf.fuzzer $(FUZZ_RUN) -artifact_prefix=tests/fuzz/gguf- tests/fuzz/gguf.corpus tests/fuzz/gguf.seeds
fuzz-pickle: tests/fuzz/pickle.fuzzer
	PYTHONDONTWRITEBYTECODE=1 python3 $(srcdir)/tests/fuzz/seeds.py tests/fuzz/pickle.seeds
	$(MKDIR_P) tests/fuzz/pickle.corpus
	tests/fuzz/pickle.fuzzer $(FUZZ_RUN) -artifact_prefix=tests/fuzz/pickle- tests/fuzz/pickle.corpus tests/fuzz/pickle.seeds

# The seeds are the specs that are installed.
fuzz-spec: tests/fuzz/spec.fuzzer
	$(MKDIR_P) tests/fuzz/spec.corpus
	tests/fuzz/spec.fuzzer $(FUZZ_RUN) -artifact_prefix=tests/fuzz/spec- tests/fuzz/spec.corpus $(srcdir)/pipelines

fuzz_build = \
	$(MKDIR_P) tests/fuzz; sources=; for f in $(core_sources) $(fuzz_sources); do \
	  case $$f in *.c) sources="$$sources $(srcdir)/$$f" ;; esac; done; \
	$(FUZZ_CC) $(DEFS) $(AM_CPPFLAGS) -DFCI_PLUGIN_DIR='"/nowhere"' -DFCI_INDEX_DIR='"/nowhere"' -DFCI_PIPELINE_DIR='"/nowhere"' -DFCI_MODEL_DIR='"/nowhere"' -DFCI_VERSION='""' \
	  -std=gnu11 $(FUZZ_FLAGS) $(JANSSON_CFLAGS) $(YAML_CFLAGS) $(LIBZIP_CFLAGS) $(ZLIB_CFLAGS) \
	  -o $@ $$sources core/base/embedded-files.c $(core_libs) $(LIBS)
tests/fuzz/pickle.fuzzer: fuzz_sources = $(keys_files) $(torch_collect) tests/unit/zipmaker.c tests/fuzz/pickle.c
tests/fuzz/pickle.fuzzer: core/base/embedded-files.c $(core_sources) $(keys_files) $(torch_collect) tests/unit/zipmaker.c tests/fuzz/pickle.c
	$(fuzz_build)
tests/fuzz/gguf.fuzzer: fuzz_sources = $(plugins_gguf_la_SOURCES) tests/fuzz/gguf.c
tests/fuzz/gguf.fuzzer: core/base/embedded-files.c $(core_sources) $(plugins_gguf_la_SOURCES) tests/fuzz/gguf.c
	$(fuzz_build)
tests/fuzz/spec.fuzzer: fuzz_sources = tests/fuzz/spec.c
tests/fuzz/spec.fuzzer: core/base/embedded-files.c $(core_sources) tests/fuzz/spec.c
	$(fuzz_build)

clean_targets += clean-fuzz
clean-fuzz:
	-rm -rf tests/fuzz/gguf.seeds tests/fuzz/gguf.corpus tests/fuzz/pickle.seeds tests/fuzz/pickle.corpus tests/fuzz/spec.corpus
.PHONY: clean-fuzz
