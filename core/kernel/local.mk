# core/kernel/local.mk: see the header beside it for what this folder is.
core_sources += \
	core/kernel/carrier.h \
	core/kernel/count.c \
	core/kernel/cpu.c \
	core/kernel/cpu.h \
	core/kernel/crc32.c \
	core/kernel/decode.c \
	core/kernel/dtype.c \
	core/kernel/dtype.h \
	core/kernel/encode.c \
	core/kernel/fast.c \
	core/kernel/fast.h \
	core/kernel/fast_avx2.c \
	core/kernel/fast_avx512.c \
	core/kernel/fast_table.h \
	core/kernel/gather.c \
	core/kernel/kernel.h \
	core/kernel/number.h \
	core/kernel/quant.c \
	core/kernel/quant.h \
	core/kernel/row.c \
	core/kernel/stage.c \
	core/kernel/stage.h \
	core/kernel/transpose.c \
	core/kernel/transpose.h
