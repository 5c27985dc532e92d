# cli/local.mk: the program, which uses the installed header fmtconv/fmtconv.h only.
# SPDX-License-Identifier: Apache-2.0
bin_PROGRAMS += fmtconv
fmtconv_SOURCES = \
	cli/cli.h \
	cli/commands.c \
	cli/complete.c \
	cli/complete.h \
	cli/complete-chain.c \
	cli/complete-input.c \
	cli/complete-words.c \
	cli/context.c \
	cli/convert.c \
	cli/diff.c \
	cli/edit.c \
	cli/help.c \
	cli/inspect.c \
	cli/main.c \
	cli/map.c \
	cli/models.c \
	cli/new-plugin.c \
	cli/options.c \
	cli/options.h \
	cli/options-table.c \
	cli/options-take.c \
	cli/options-values.c \
	cli/output.c \
	cli/plugin-test/child.c \
	cli/plugin-test/codec.c \
	cli/plugin-test/convert.c \
	cli/plugin-test/files.c \
	cli/plugin-test/index.c \
	cli/plugin-test/models.c \
	cli/plugin-test/module.c \
	cli/plugin-test/plugin-test.h \
	cli/plugin-test/reader.c \
	cli/plugin-test/test-plugin.c \
	cli/plugin-test/transform.c \
	cli/plugin-test/writer.c \
	cli/plugins.c \
	cli/presets.c \
	cli/ranks.c \
	cli/sandbox.h \
	cli/sandbox-calls.c \
	cli/sandbox-files.c \
	cli/sanitize.c \
	cli/startup.c \
	cli/summary.c \
	cli/table.c \
	cli/text.c \
	cli/verify.c \
	cli/version.c
fmtconv_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/cli -DFCI_EXAMPLE_DIR='"$(exampledir)"'
if BUILTIN
# Objects, not archives: of an archive the linker would leave out the calls that only plugins of others make, and not see
# that a name is defined twice.
fmtconv_LDADD = $(core_libcore_la_OBJECTS) $(plugins_libbuiltin_la_OBJECTS) $(core_libs)
fmtconv_LDFLAGS = $(AM_LDFLAGS) $(PROGRAM_LDFLAGS)
EXTRA_fmtconv_DEPENDENCIES = $(top_srcdir)/core/fmtconv.map
else
fmtconv_LDADD = libfmtconv-core.la -lm
fmtconv_LDFLAGS = $(AM_LDFLAGS)
endif

# Completion for shells.  Each asks the program itself: 'fmtconv complete'.
if BASH_COMPLETION
dist_bashcompletion_DATA = cli/completion/bash/fmtconv
endif
if ZSH_COMPLETION
dist_zshcompletion_DATA = cli/completion/zsh/_fmtconv
endif
if FISH_COMPLETION
dist_fishcompletion_DATA = cli/completion/fish/fmtconv.fish
endif
EXTRA_DIST += cli/completion/bash/fmtconv cli/completion/zsh/_fmtconv cli/completion/fish/fmtconv.fish
