# tests/thirdparty/local.mk: whole plugins of others, built against the installed package.
# SPDX-License-Identifier: Apache-2.0
TESTS += tests/thirdparty/numpy.sh
EXTRA_DIST += \
	tests/thirdparty/check_numpy.py \
	tests/thirdparty/numpy.c \
	tests/thirdparty/numpy.sh \
	tests/thirdparty/sample.npz \
	tests/thirdparty/third.sh
