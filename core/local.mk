# core/local.mk: libfmtconv-core, from one convenience library that the unit tests link too.
# SPDX-License-Identifier: Apache-2.0
include core/base/local.mk
include core/source/local.mk
include core/zip/local.mk
include core/attr/local.mk
include core/view/local.mk
include core/pickle/local.mk
include core/model/local.mk
include core/rules/local.mk
include core/kernel/local.mk
include core/layout/local.mk
include core/plan/local.mk
include core/exec/local.mk
include core/exec/worker/local.mk
include core/exec/eval/local.mk
include core/exec/write/local.mk
include core/exec/check/local.mk
include core/exec/publish/local.mk
include core/plugin/local.mk
include core/convert/local.mk
include core/spec/local.mk
include core/api/local.mk

core_libs = $(builtin_libs) $(LTDL_LIBS) $(JANSSON_LIBS) $(YAML_LIBS) $(LIBZIP_LIBS) $(ZLIB_LIBS) -lm

# Where plugins are built in, the core refers to them, and carries the files that it would find where it is installed.
if BUILTIN
builtin_la = plugins/libbuiltin.la
builtin_libs = $(BUILTIN_LIBS)
embedded_files = $(presets) $(models) plugins/fmtconv.yaml
else
builtin_la =
builtin_libs =
embedded_files =
endif
core/base/embedded-files.c: core/embed.sh Makefile $(embedded_files)
	$(AM_V_GEN)$(MKDIR_P) core/base && sh '$(srcdir)/core/embed.sh' '$(srcdir)' $(embedded_files) >$@.tmp && mv $@.tmp $@
CLEANFILES += core/base/embedded-files.c
EXTRA_DIST += core/embed.sh

noinst_LTLIBRARIES += core/libcore.la
core_libcore_la_SOURCES = $(core_sources)
nodist_core_libcore_la_SOURCES = core/base/embedded-files.c
core_libcore_la_LIBADD = $(builtin_la)
core_libcore_la_CPPFLAGS = $(AM_CPPFLAGS) -DFCI_PLUGIN_DIR='"$(plugindir)"' -DFCI_INDEX_DIR='"$(indexdir)"' -DFCI_PIPELINE_DIR='"$(pipelinedir)"' -DFCI_MODEL_DIR='"$(modeldir)"' -DFCI_VERSION='"$(PACKAGE_VERSION)"'
core_libcore_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(YAML_CFLAGS) $(LIBZIP_CFLAGS) $(ZLIB_CFLAGS)

if !STANDALONE
lib_LTLIBRARIES += libfmtconv-core.la
pkgconfig_DATA = core/fmtconv.pc
endif
libfmtconv_core_la_SOURCES =
libfmtconv_core_la_LIBADD = core/libcore.la $(core_libs)
libfmtconv_core_la_LDFLAGS = $(AM_LDFLAGS) -version-info $(LIBFMTCONV_VERSION) -no-undefined $(NO_UNDEFINED) -Wl,--version-script=$(top_srcdir)/core/fmtconv.map
EXTRA_libfmtconv_core_la_DEPENDENCIES = $(top_srcdir)/core/fmtconv.map
EXTRA_DIST += core/fmtconv.map

pkgconfigdir = $(libdir)/pkgconfig
