# pipelines/local.mk: the installed specs, which -p finds by name.
# SPDX-License-Identifier: Apache-2.0
dist_pipeline_DATA = \
	pipelines/cogvideox-lora.yaml \
	pipelines/cogvideox-pipeline.yaml
