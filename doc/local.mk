# doc/local.mk: the manual pages of the program and of plugin authors; a plugin's page lies in its folder.
# SPDX-License-Identifier: Apache-2.0
dist_man_MANS += \
	doc/fmtconv.1 \
	doc/fmtconv-complete.1 \
	doc/fmtconv-convert.1 \
	doc/fmtconv-diff.1 \
	doc/fmtconv-edit.1 \
	doc/fmtconv-help.1 \
	doc/fmtconv-inspect.1 \
	doc/fmtconv-map.1 \
	doc/fmtconv-models.1 \
	doc/fmtconv-plugins.1 \
	doc/fmtconv-api.3 \
	doc/fmtconv-new-plugin.1 \
	doc/fmtconv-test-plugin.1 \
	doc/fmtconv-verify.1 \
	doc/fmtconv-plugin.3 \
	doc/fmtconv-model.5 \
	doc/fmtconv-rules.5 \
	doc/fmtconv-spec.5 \
	doc/fmtconv-models.7

# Plugins to begin with: 'fmtconv new-plugin' copies them.  They need the headers, which one program does not install.
if STANDALONE
EXTRA_DIST += $(examples)
else
dist_example_DATA = $(examples)
endif
examples = \
	doc/examples/Makefile.example \
	doc/examples/codec.c \
	doc/examples/codec.yaml \
	doc/examples/reader.c \
	doc/examples/reader.yaml \
	doc/examples/sample.x \
	doc/examples/sample.y \
	doc/examples/sample.y.data \
	doc/examples/transform.c \
	doc/examples/transform.yaml \
	doc/examples/writer.c \
	doc/examples/writer.yaml
