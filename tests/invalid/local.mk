# tests/invalid/local.mk: input that must be refused, each case with its message.
# SPDX-License-Identifier: Apache-2.0
TESTS += \
	tests/invalid/dcp.sh \
	tests/invalid/folders.sh \
	tests/invalid/gguf.sh \
	tests/invalid/pickle.sh \
	tests/invalid/rules.sh \
	tests/invalid/safetensors.sh \
	tests/invalid/spec.sh \
	tests/invalid/tokenizer.sh \
	tests/invalid/zip.sh
if !SANITIZERS
TESTS += tests/invalid/worst.sh
endif
EXTRA_DIST += \
	tests/invalid/check_worst.py \
	tests/invalid/cases.sh \
	tests/invalid/prelude.sh \
	tests/invalid/dcp.sh \
	tests/invalid/folders.sh \
	tests/invalid/gguf.sh \
	tests/invalid/make_dcp.py \
	tests/invalid/make_folders.py \
	tests/invalid/make_gguf.py \
	tests/invalid/make_pickles.py \
	tests/invalid/make_safetensors.py \
	tests/invalid/make_tokenizers.py \
	tests/invalid/make_worst.py \
	tests/invalid/make_zips.py \
	tests/invalid/pickle.sh \
	tests/invalid/picklekit.py \
	tests/invalid/rules.sh \
	tests/invalid/safetensors.sh \
	tests/invalid/spec.sh \
	tests/invalid/tokenizer.sh \
	tests/invalid/zip.sh \
	tests/invalid/worst.sh \
	tests/invalid/zipkit.py
