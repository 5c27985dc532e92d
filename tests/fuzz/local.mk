# tests/fuzz/local.mk: stored inputs of the fuzzer, which 'make check' runs again; 'make fuzz' looks for new ones.
# SPDX-License-Identifier: Apache-2.0
#
# 'make fuzz' runs libFuzzer for FUZZ_SECONDS on each of FUZZ_TARGETS (tests/fuzz/targets.c); it needs clang and python3.
FUZZ_CC = clang
FUZZ_SECONDS = 300
FUZZ_FLAGS = -gline-tables-only -O1 -fsanitize=fuzzer-no-link,address,undefined,implicit-conversion,float-cast-overflow \
	-fno-sanitize-recover=undefined,implicit-conversion,float-cast-overflow \
	-fprofile-instr-generate -fcoverage-mapping
FUZZ_RUN = -max_len=1500000 -timeout=20 -rss_limit_mb=2048
fuzz_parsers = index journal json model pickle rules spec verify yaml zip
fuzz_conversions = cogvideox dcp dequantize folder gguf imatrix lora megatron nemo safetensors sat tokenizer torch zero
FUZZ_TARGETS = $(fuzz_parsers) $(fuzz_conversions)

fuzz_run = \
	tests/fuzz/convert.c \
	tests/fuzz/fuzz.h \
	tests/fuzz/index.c \
	tests/fuzz/journal.c \
	tests/fuzz/json.c \
	tests/fuzz/model.c \
	tests/fuzz/no-sync.c \
	tests/fuzz/pickle.c \
	tests/fuzz/rules.c \
	tests/fuzz/spec.c \
	tests/fuzz/targets.c \
	tests/fuzz/tree.c \
	tests/fuzz/verify.c \
	tests/fuzz/yaml.c \
	tests/fuzz/zip.c \
	tests/unit/zipmaker.c \
	tests/unit/zipmaker.h
fuzz_mutators = \
	tests/fuzz/mutate-zip.c \
	tests/fuzz/mutate.c \
	tests/fuzz/mutate.h \
	tests/fuzz/spans.c \
	tests/fuzz/split-gguf.c \
	tests/fuzz/split-pickle.c \
	tests/fuzz/split-text.c
fuzz_cflags = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(YAML_CFLAGS) $(LIBZIP_CFLAGS) $(ZLIB_CFLAGS)

check_PROGRAMS += tests/fuzz/replay
TESTS += tests/fuzz/replay.sh
tests_fuzz_replay_SOURCES = $(fuzz_run) tests/fuzz/replay.c
tests_fuzz_replay_CFLAGS = $(fuzz_cflags)
tests_fuzz_replay_LDADD = core/libcore.la $(core_libs)
# Modules call the program's own core, so that there is only one.
tests_fuzz_replay_LDFLAGS = $(AM_LDFLAGS) -export-dynamic

EXTRA_PROGRAMS += tests/fuzz/fuzzer
tests_fuzz_fuzzer_SOURCES = $(fuzz_run) $(fuzz_mutators) tests/fuzz/libfuzzer.c
tests_fuzz_fuzzer_CFLAGS = $(fuzz_cflags)
tests_fuzz_fuzzer_LDADD = core/libcore.la $(core_libs)
tests_fuzz_fuzzer_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

fuzz_corpora = $(FUZZ_TARGETS:%=tests/fuzz/corpus/%.zip)
EXTRA_DIST += \
	tests/fuzz/corpus.py \
	tests/fuzz/coverage.py \
	tests/fuzz/differential.py \
	tests/fuzz/floors.txt \
	tests/fuzz/handmade.py \
	tests/fuzz/handmade_folders.py \
	tests/fuzz/handmade_rules.py \
	tests/fuzz/handmade_specs.py \
	tests/fuzz/record.py \
	tests/fuzz/replay.sh \
	tests/fuzz/samples.py \
	tests/fuzz/seeds.py \
	tests/fuzz/corpus/cogvideox.zip \
	tests/fuzz/corpus/dcp.zip \
	tests/fuzz/corpus/dequantize.zip \
	tests/fuzz/corpus/folder.zip \
	tests/fuzz/corpus/gguf.zip \
	tests/fuzz/corpus/imatrix.zip \
	tests/fuzz/corpus/index.zip \
	tests/fuzz/corpus/journal.zip \
	tests/fuzz/corpus/json.zip \
	tests/fuzz/corpus/lora.zip \
	tests/fuzz/corpus/megatron.zip \
	tests/fuzz/corpus/model.zip \
	tests/fuzz/corpus/nemo.zip \
	tests/fuzz/corpus/pickle.zip \
	tests/fuzz/corpus/rules.zip \
	tests/fuzz/corpus/safetensors.zip \
	tests/fuzz/corpus/sat.zip \
	tests/fuzz/corpus/spec.zip \
	tests/fuzz/corpus/tokenizer.zip \
	tests/fuzz/corpus/torch.zip \
	tests/fuzz/corpus/verify.zip \
	tests/fuzz/corpus/yaml.zip \
	tests/fuzz/corpus/zero.zip \
	tests/fuzz/corpus/zip.zip

# A build with the instruments of clang, plugins and presets inside.
fuzzing/tests/fuzz/fuzzer: fuzz-build
.PHONY: fuzz-build
fuzz-build:
	$(MKDIR_P) fuzzing
	cd fuzzing && { test -f Makefile || '$(abs_top_srcdir)/configure' --disable-shared \
	  CC='$(FUZZ_CC)' CFLAGS='$(FUZZ_FLAGS)' >configure.log 2>&1 || { cat configure.log; exit 1; }; }
	$(MAKE) $(AM_MAKEFLAGS) -C fuzzing tests/fuzz/fuzzer

.PHONY: coverage-fuzz fuzz fuzz-minimize $(FUZZ_TARGETS:%=fuzz-%)
fuzz: $(FUZZ_TARGETS:%=fuzz-%)
# The stored inputs and those of the generators of tests/invalid are where it begins; what it finds stays in fuzzing/NAME.
$(FUZZ_TARGETS:%=fuzz-%): fuzz-build
	name='$(@:fuzz-%=%)' && \
	PYTHONDONTWRITEBYTECODE=1 $(PYTHON3) '$(srcdir)/tests/fuzz/corpus.py' unpack '$(srcdir)/tests/fuzz/corpus' fuzzing/corpus "$$name" && \
	PYTHONDONTWRITEBYTECODE=1 $(PYTHON3) '$(srcdir)/tests/fuzz/seeds.py' fuzzing/corpus "$$name" && \
	FMTCONV_FUZZ="$$name" LLVM_PROFILE_FILE=/dev/null fuzzing/tests/fuzz/fuzzer $(FUZZ_RUN) -max_total_time=$(FUZZ_SECONDS) \
	  -artifact_prefix='$(abs_builddir)/fuzzing/'"$$name-" '$(abs_builddir)/fuzzing/corpus/'"$$name"
PYTHON3 = python3

# Keeps of all inputs those that reach something, and packs them as the stored ones.
fuzz-minimize: fuzz-build
	rm -rf fuzzing/small && $(MKDIR_P) fuzzing/small
	for name in $(FUZZ_TARGETS); do \
	  mkdir fuzzing/small/$$name && \
	  FMTCONV_FUZZ="$$name" LLVM_PROFILE_FILE=/dev/null fuzzing/tests/fuzz/fuzzer -merge=1 -timeout=20 -max_len=1500000 \
	    '$(abs_builddir)/fuzzing/small/'$$name '$(abs_builddir)/fuzzing/corpus/'$$name || exit 1; \
	done
	PYTHONDONTWRITEBYTECODE=1 $(PYTHON3) '$(srcdir)/tests/fuzz/corpus.py' pack fuzzing/small '$(srcdir)/tests/fuzz/corpus'

# The lines that the stored inputs reach, by folder and by parser; fails below tests/fuzz/floors.txt.
coverage-fuzz: fuzz-build
	rm -rf fuzzing/stored fuzzing/profile && $(MKDIR_P) fuzzing/profile
	PYTHONDONTWRITEBYTECODE=1 $(PYTHON3) '$(srcdir)/tests/fuzz/corpus.py' unpack '$(srcdir)/tests/fuzz/corpus' fuzzing/stored
	for name in $(FUZZ_TARGETS); do \
	  FMTCONV_FUZZ="$$name" LLVM_PROFILE_FILE="$(abs_builddir)/fuzzing/profile/$$name.profraw" fuzzing/tests/fuzz/fuzzer -runs=0 -detect_leaks=0 \
	    -max_len=1500000 -rss_limit_mb=4096 '$(abs_builddir)/fuzzing/stored/'$$name 2>fuzzing/profile/$$name.log || { tail fuzzing/profile/$$name.log; exit 1; }; \
	done
	$(LLVM_PROFDATA) merge -sparse -o fuzzing/all.profdata fuzzing/profile/*.profraw
	LLVM_COV='$(LLVM_COV)' $(PYTHON3) '$(srcdir)/tests/fuzz/coverage.py' fuzzing/tests/fuzz/fuzzer fuzzing/all.profdata \
	  '$(srcdir)/tests/fuzz/floors.txt' $(COVERAGE_FLAGS)

# Changed files, read by fmtconv and by the libraries of the formats; needs what the interop tests need.
fuzz-differential: all
	PYTHONDONTWRITEBYTECODE=1 FMTCONV='$(abs_top_builddir)/fmtconv' FMTCONV_PLUGIN_PATH='$(abs_top_builddir)/plugins/.libs' \
	  $(FMTCONV_PYTHON) -W ignore '$(srcdir)/tests/fuzz/differential.py' $(DIFFERENTIAL_FLAGS)
.PHONY: fuzz-differential
LLVM_PROFDATA = llvm-profdata
LLVM_COV = llvm-cov

clean_targets += clean-fuzz
clean-fuzz:
	-rm -rf fuzzing
.PHONY: clean-fuzz
