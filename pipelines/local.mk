# pipelines/local.mk: the specs that are installed, to be called by their names.
pipeline_presets = \
	pipelines/cogvideox-lora.yaml
dist_pipeline_DATA = $(pipeline_presets)
