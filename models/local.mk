# models/local.mk: the installed model files, which are transforms.
# SPDX-License-Identifier: Apache-2.0
models = \
	models/flux.yaml
if STANDALONE
dist_noinst_DATA += $(models)
else
dist_model_DATA = $(models)
endif
EXTRA_DIST += models/list.sh
