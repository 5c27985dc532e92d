# plugins/local.mk: every plugin is a module of its own, built into plugins/ so that one folder holds all.
# SPDX-License-Identifier: Apache-2.0
plugin_ldflags = $(AM_LDFLAGS) -module -avoid-version -shared -no-undefined $(NO_UNDEFINED) -Wl,-z,now
plugin_cflags = $(AM_CFLAGS) -fvisibility=hidden
# plugins/common is not a plugin: sources that several plugins compile in.
linear_sources = plugins/common/linear.c plugins/common/linear.h
numbered_sources = plugins/common/numbered.c plugins/common/numbered.h
index_sources = plugins/common/alias.c plugins/common/index.c plugins/common/index.h $(numbered_sources)
lora_sources = plugins/common/lora-alpha.c plugins/common/lora-config.c \
	plugins/common/lora-describe.c plugins/common/lora-describe.h plugins/common/lora-facts.c \
	plugins/common/lora-facts.h plugins/common/lora-group.c plugins/common/lora-group.h \
	plugins/common/lora-index.c plugins/common/lora-index.h plugins/common/lora-name.c \
	plugins/common/lora-name.h plugins/common/lora-pattern.c
rule_sources = plugins/common/rule.c plugins/common/rule.h
shards_sources = plugins/common/shards.c plugins/common/shards.h
# Which plugins there are: plugins/list.sh writes this list from the folders when configure is made.
include plugins/plugins.mk
EXTRA_DIST += plugins/list.sh plugins/common/text.h

# The index of known plugins, installed with the program.  An uninstalled program finds the copy beside the modules.
EXTRA_DIST += plugins/index.sh $(plugin_known)
index_DATA = plugins/fmtconv.yaml
noinst_DATA += plugins/.libs/fmtconv.yaml
plugins/fmtconv.yaml: plugins/index.sh $(plugin_known) Makefile
	$(AM_V_GEN)$(MKDIR_P) plugins && sh $(srcdir)/plugins/index.sh '$(FC_PLUGIN_PACKAGES)' >$@.new && mv $@.new $@
plugins/.libs/fmtconv.yaml: plugins/fmtconv.yaml
	$(AM_V_at)$(MKDIR_P) plugins/.libs && cp plugins/fmtconv.yaml $@
CLEANFILES += plugins/fmtconv.yaml plugins/.libs/fmtconv.yaml
