# core/pipeline/local.mk: see the header beside it for what this folder is.
core_sources += \
	core/pipeline/account.c \
	core/pipeline/account.h \
	core/pipeline/chain.c \
	core/pipeline/choose.c \
	core/pipeline/convert.c \
	core/pipeline/convert.h \
	core/pipeline/copy.c \
	core/pipeline/detect.c \
	core/pipeline/detect.h \
	core/pipeline/diff.c \
	core/pipeline/how.c \
	core/pipeline/inside.c \
	core/pipeline/inspect.c \
	core/pipeline/limits.c \
	core/pipeline/links.c \
	core/pipeline/output.c \
	core/pipeline/parts.c \
	core/pipeline/pipeline.h \
	core/pipeline/plugins.c \
	core/pipeline/recognise.c \
	core/pipeline/report.c \
	core/pipeline/report.h \
	core/pipeline/shell.c \
	core/pipeline/shown.c \
	core/pipeline/stage.c \
	core/pipeline/stage.h \
	core/pipeline/stats.c \
	core/pipeline/tree.c
