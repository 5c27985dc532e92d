# core/exec/local.mk
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/exec/check/compare.c \
	core/exec/check/crc.c \
	core/exec/check/digest.c \
	core/exec/check/finding.c \
	core/exec/check/measure.c \
	core/exec/check/scan.c \
	core/exec/check/scan.h \
	core/exec/check/verify.c \
	core/exec/eval/code.c \
	core/exec/eval/factor.c \
	core/exec/eval/fetch.c \
	core/exec/eval/fetch.h \
	core/exec/eval/image.c \
	core/exec/eval/part.c \
	core/exec/eval/product.c \
	core/exec/exec.h \
	core/exec/execute.c \
	core/exec/publish/check.c \
	core/exec/publish/output-dirs.c \
	core/exec/publish/outputs.c \
	core/exec/publish/publish.c \
	core/exec/publish/stale.c \
	core/exec/publish/target.h \
	core/exec/publish/temporary.c \
	core/exec/worker/fault.c \
	core/exec/worker/io.c \
	core/exec/worker/io.h \
	core/exec/worker/read.c \
	core/exec/worker/readahead.c \
	core/exec/worker/worker.c \
	core/exec/worker/worker.h \
	core/exec/write/tile.c \
	core/exec/write/unit.c
