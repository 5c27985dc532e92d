# core/exec/local.mk: see the header beside it for what this folder is.
core_sources += \
	core/exec/check.c \
	core/exec/code.c \
	core/exec/compare.c \
	core/exec/crc.c \
	core/exec/digest.c \
	core/exec/exec.h \
	core/exec/execute.c \
	core/exec/factor.c \
	core/exec/fault.c \
	core/exec/fetch.c \
	core/exec/fetch.h \
	core/exec/finding.c \
	core/exec/image.c \
	core/exec/io.c \
	core/exec/io.h \
	core/exec/measure.c \
	core/exec/near.c \
	core/exec/outputs.c \
	core/exec/part.c \
	core/exec/places.c \
	core/exec/product.c \
	core/exec/publish.c \
	core/exec/read.c \
	core/exec/scan.c \
	core/exec/scan.h \
	core/exec/stale.c \
	core/exec/target.h \
	core/exec/temporary.c \
	core/exec/tile.c \
	core/exec/unit.c \
	core/exec/verify.c \
	core/exec/work.c \
	core/exec/work.h
