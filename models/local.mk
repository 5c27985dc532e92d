# models/local.mk: the installed model files, which are transforms.
# SPDX-License-Identifier: Apache-2.0
models = \
	models/flux.yaml \
	models/gemma2.yaml \
	models/hunyuan-video.yaml \
	models/llama.yaml \
	models/ltx.yaml \
	models/mixtral.yaml \
	models/mochi.yaml \
	models/phi3.yaml \
	models/qwen2-moe.yaml \
	models/qwen2.yaml \
	models/qwen3-moe.yaml \
	models/qwen3.yaml \
	models/sd3.yaml \
	models/wan.yaml
if STANDALONE
dist_noinst_DATA += $(models)
else
dist_model_DATA = $(models)
endif
EXTRA_DIST += models/list.sh
