# pipelines/local.mk: the specs that are installed, to be called by their names.
# SPDX-License-Identifier: Apache-2.0
dist_pipeline_DATA = \
	pipelines/cogvideox-lora.yaml \
	pipelines/cogvideox-pipeline.yaml
