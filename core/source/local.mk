# core/source/local.mk: see the header beside it for what this folder is.
core_sources += \
	core/source/beneath.c \
	core/source/cursor.c \
	core/source/disk.c \
	core/source/folder.c \
	core/source/input.c \
	core/source/input.h \
	core/source/private.h \
	core/source/source.c \
	core/source/source.h \
	core/source/within.c \
	core/source/zip.c \
	core/source/zip.h \
	core/source/zip_agree.c \
	core/source/zip_directory.c \
	core/source/zip_end.c \
	core/source/zip_inflate.c \
	core/source/zip_local.c \
	core/source/zip_names.c
