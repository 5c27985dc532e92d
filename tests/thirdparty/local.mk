# tests/thirdparty/local.mk: whole plugins of others, built against the installed package.
# SPDX-License-Identifier: Apache-2.0
TESTS += tests/thirdparty/distcp.sh tests/thirdparty/iqk.sh tests/thirdparty/nanogpt.sh tests/thirdparty/nf4.sh tests/thirdparty/numpy.sh
EXTRA_DIST += \
	tests/thirdparty/check_distcp.py \
	tests/thirdparty/check_iqk.py \
	tests/thirdparty/check_nanogpt.py \
	tests/thirdparty/check_nf4.py \
	tests/thirdparty/check_numpy.py \
	tests/thirdparty/distcp.c \
	tests/thirdparty/distcp.sh \
	tests/thirdparty/iqk.c \
	tests/thirdparty/iqk.sh \
	tests/thirdparty/nanogpt.c \
	tests/thirdparty/nanogpt.sh \
	tests/thirdparty/nf4.c \
	tests/thirdparty/nf4.sh \
	tests/thirdparty/numpy.c \
	tests/thirdparty/numpy.sh \
	tests/thirdparty/sample-distcp/.metadata \
	tests/thirdparty/sample-distcp/.metadata.distcp \
	tests/thirdparty/sample-nanogpt.safetensors \
	tests/thirdparty/sample-nf4.safetensors \
	tests/thirdparty/sample.npz \
	tests/thirdparty/third.sh
