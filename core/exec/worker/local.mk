# core/exec/worker/local.mk: threads, scratch and I/O.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/exec/worker/against.c \
	core/exec/worker/against.h \
	core/exec/worker/cache.c \
	core/exec/worker/cache.h \
	core/exec/worker/crc-ranges.c \
	core/exec/worker/crc-ranges.h \
	core/exec/worker/decode.c \
	core/exec/worker/decode.h \
	core/exec/worker/fault.c \
	core/exec/worker/fault.h \
	core/exec/worker/io.c \
	core/exec/worker/io.h \
	core/exec/worker/pool.c \
	core/exec/worker/pool.h \
	core/exec/worker/read.c \
	core/exec/worker/read.h \
	core/exec/worker/readahead.c \
	core/exec/worker/readahead.h \
	core/exec/worker/worker.h \
	core/exec/worker/reread.c \
	core/exec/worker/reread.h \
	core/exec/worker/write.c \
	core/exec/worker/write.h
