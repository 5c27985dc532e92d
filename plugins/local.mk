# plugins/local.mk: every plugin is a module of its own, built into plugins/ so that one folder holds all.
plugin_ldflags = $(AM_LDFLAGS) -module -avoid-version -shared -no-undefined $(NO_UNDEFINED) -Wl,-z,now
plugin_cflags = $(AM_CFLAGS) -fvisibility=hidden
# No plugin: what the readers of models in several files link.
index_sources = plugins/common/alias.c plugins/common/index.c plugins/common/index.h
include plugins/cast/local.mk
include plugins/cogvideox-lora/local.mk
include plugins/cogvideox-pipeline/local.mk
include plugins/cogvideox-transformer/local.mk
include plugins/cogvideox-vae/local.mk
include plugins/dequantize/local.mk
include plugins/diffusers/local.mk
include plugins/drop/local.mk
include plugins/ema/local.mk
include plugins/fuse/local.mk
include plugins/gguf/local.mk
include plugins/lora-merge/local.mk
include plugins/map/local.mk
include plugins/merge/local.mk
include plugins/prefix/local.mk
include plugins/quantize/local.mk
include plugins/qweight/local.mk
include plugins/rename/local.mk
include plugins/reshape/local.mk
include plugins/safetensors/local.mk
include plugins/sat/local.mk
include plugins/select/local.mk
include plugins/split/local.mk
include plugins/t5-encoder/local.mk
include plugins/torch/local.mk
include plugins/transpose/local.mk
include plugins/untie/local.mk
