# core/base/local.mk: context, memory, messages, maps, lists, globs, checked arithmetic, text.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/base/arena.c \
	core/base/arena.h \
	core/base/argument.c \
	core/base/argument.h \
	core/base/clock.c \
	core/base/clock.h \
	core/base/ctx.c \
	core/base/ctx.h \
	core/base/error.c \
	core/base/error.h \
	core/base/embedded.c \
	core/base/embedded.h \
	core/base/escape.c \
	core/base/format.c \
	core/base/glob.c \
	core/base/globs.c \
	core/base/globs.h \
	core/base/held.c \
	core/base/held.h \
	core/base/list.c \
	core/base/list.h \
	core/base/map.c \
	core/base/map.h \
	core/base/message.c \
	core/base/message.h \
	core/base/os.c \
	core/base/os.h \
	core/base/order.h \
	core/base/sink.h \
	core/base/size.h \
	core/base/sort.c \
	core/base/sort.h \
	core/base/state.c \
	core/base/state.h \
	core/base/strbuf.c \
	core/base/strbuf.h \
	core/base/structs.c \
	core/base/structs.h \
	core/base/subject.c \
	core/base/subject.h \
	core/base/text.c \
	core/base/text.h \
	core/base/utf8.c \
	core/base/utf8.h
