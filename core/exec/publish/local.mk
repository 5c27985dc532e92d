# core/exec/publish/local.mk: output names: checks, temporary files, all-or-nothing rename.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/exec/publish/check.c \
	core/exec/publish/check.h \
	core/exec/publish/exchange.c \
	core/exec/publish/exchange.h \
	core/exec/publish/folders.c \
	core/exec/publish/folders.h \
	core/exec/publish/gather.c \
	core/exec/publish/gather.h \
	core/exec/publish/journal.c \
	core/exec/publish/journal.h \
	core/exec/publish/leftover.c \
	core/exec/publish/leftover.h \
	core/exec/publish/lock.c \
	core/exec/publish/lock.h \
	core/exec/publish/old-manifest.c \
	core/exec/publish/old-manifest.h \
	core/exec/publish/move.c \
	core/exec/publish/move.h \
	core/exec/publish/output-dirs.c \
	core/exec/publish/output-dirs.h \
	core/exec/publish/outputs.c \
	core/exec/publish/outputs.h \
	core/exec/publish/path.c \
	core/exec/publish/path.h \
	core/exec/publish/publication.h \
	core/exec/publish/publish.c \
	core/exec/publish/publish.h \
	core/exec/publish/recover.c \
	core/exec/publish/recover.h \
	core/exec/publish/stale.c \
	core/exec/publish/stale.h \
	core/exec/publish/target.h \
	core/exec/publish/temporary.c \
	core/exec/publish/temporary.h \
	core/exec/publish/twin.c \
	core/exec/publish/twin.h \
	core/exec/publish/work-map.c \
	core/exec/publish/work-map.h \
	core/exec/publish/working.c \
	core/exec/publish/working.h
