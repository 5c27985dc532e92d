# pipelines/local.mk: the installed specs, which -p finds by name.
# SPDX-License-Identifier: Apache-2.0
presets = \
	pipelines/cogvideox-lora.yaml \
	pipelines/cogvideox-pipeline.yaml
if STANDALONE
dist_noinst_DATA = $(presets)
else
dist_pipeline_DATA = $(presets)
endif
