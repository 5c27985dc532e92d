# core/plan/local.mk: see the header beside it for what this folder is.
core_sources += \
	core/plan/band.c \
	core/plan/box.c \
	core/plan/coder.c \
	core/plan/compile.c \
	core/plan/cut.c \
	core/plan/group.c \
	core/plan/layout.c \
	core/plan/layout.h \
	core/plan/names.c \
	core/plan/plan.h \
	core/plan/program.c \
	core/plan/refer.c \
	core/plan/require.c \
	core/plan/run.h \
	core/plan/strand.c \
	core/plan/text.c
