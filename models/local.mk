# models/local.mk: the installed model files, which are transforms.
# SPDX-License-Identifier: Apache-2.0
models = \
	models/flux.yaml \
	models/hunyuan-video.yaml \
	models/ltx.yaml \
	models/mochi.yaml \
	models/sd3.yaml \
	models/wan.yaml
if STANDALONE
dist_noinst_DATA += $(models)
else
dist_model_DATA = $(models)
endif
EXTRA_DIST += models/list.sh
