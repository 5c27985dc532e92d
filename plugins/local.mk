# plugins/local.mk: every plugin is a module of its own, built into plugins/ so that one folder holds all.
# SPDX-License-Identifier: Apache-2.0
plugin_ldflags = $(AM_LDFLAGS) -module -avoid-version -shared -no-undefined $(NO_UNDEFINED) -Wl,-z,now
plugin_cflags = $(AM_CFLAGS) -fvisibility=hidden
# plugins/common is not a plugin: sources that several plugins compile in.
linear_files = plugins/common/linear.c plugins/common/linear.h
numbered_files = plugins/common/numbered.c plugins/common/numbered.h
index_files = plugins/common/alias.c plugins/common/index.c plugins/common/index.h
lora_files = plugins/common/lora-alpha.c plugins/common/lora-config.c \
	plugins/common/lora-describe.c plugins/common/lora-describe.h plugins/common/lora-facts.c \
	plugins/common/lora-facts.h plugins/common/lora-group.c plugins/common/lora-group.h \
	plugins/common/lora-index.c plugins/common/lora-index.h plugins/common/lora-name.c \
	plugins/common/lora-parts.c plugins/common/lora-translate.c plugins/common/lora-translate.h \
	plugins/common/lora-name.h plugins/common/lora-pattern.c plugins/common/lora-xlabs.c
keys_files = plugins/common/keys.c plugins/common/keys.h
rule_files = plugins/common/rule.c plugins/common/rule.h
safetensors_types_files = plugins/common/safetensors-types.c plugins/common/safetensors-types.h
facts_files = plugins/common/facts.c plugins/common/facts.h
latest_files = plugins/common/latest.c plugins/common/latest.h
torch_file_files = plugins/common/torch-file.h plugins/common/torch-pickle.c plugins/common/torch-types.c \
	plugins/common/torch-zip.c
patch_files = plugins/common/patch.c plugins/common/patch.h
shards_files = plugins/common/shards.c plugins/common/shards.h
if BUILTIN
# All plugins are in one program, which holds one copy of these.
common_sources = $(facts_files) $(latest_files) $(linear_files) $(numbered_files) $(index_files) $(keys_files) $(lora_files) \
	$(rule_files) $(patch_files) $(safetensors_types_files) $(shards_files) $(torch_file_files)
linear_sources =
numbered_sources =
index_sources =
keys_sources =
lora_sources =
rule_sources =
safetensors_types_sources =
facts_sources =
latest_sources =
patch_sources =
shards_sources =
torch_file_sources =
else
common_sources =
linear_sources = $(linear_files)
numbered_sources = $(numbered_files)
index_sources = $(index_files) $(numbered_files)
keys_sources = $(keys_files)
lora_sources = $(lora_files)
rule_sources = $(rule_files)
safetensors_types_sources = $(safetensors_types_files)
facts_sources = $(facts_files)
latest_sources = $(latest_files)
patch_sources = $(patch_files)
shards_sources = $(shards_files)
torch_file_sources = $(torch_file_files)
endif
builtin_sources = $(common_sources)
# Which plugins there are: plugins/list.sh writes this list from the folders when configure is made.
include plugins/plugins.mk
EXTRA_DIST += plugins/list.sh plugins/common/pickled.h plugins/common/text.h

# The index of known plugins, installed with the program.  An uninstalled program finds the copy beside the modules.
EXTRA_DIST += plugins/index.sh $(plugin_known)
if STANDALONE
noinst_DATA += plugins/fmtconv.yaml
else
index_DATA = plugins/fmtconv.yaml
noinst_DATA += plugins/.libs/fmtconv.yaml
endif
plugins/fmtconv.yaml: plugins/index.sh $(plugin_known) Makefile
	$(AM_V_GEN)$(MKDIR_P) plugins && sh $(srcdir)/plugins/index.sh '$(FC_PLUGIN_PACKAGES)' >$@.new && mv $@.new $@
plugins/.libs/fmtconv.yaml: plugins/fmtconv.yaml
	$(AM_V_at)$(MKDIR_P) plugins/.libs && cp plugins/fmtconv.yaml $@
CLEANFILES += plugins/fmtconv.yaml plugins/.libs/fmtconv.yaml

# Plugins that are built in are part of the core's convenience library.  Their global names differ: tests/contract/names.sh.
if BUILTIN
noinst_LTLIBRARIES += plugins/libbuiltin.la
endif
plugins_libbuiltin_la_SOURCES = $(builtin_sources)
plugins_libbuiltin_la_CFLAGS = $(plugin_cflags) $(BUILTIN_CFLAGS)
