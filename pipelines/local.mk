# pipelines/local.mk: the installed specs, which -p finds by name.
dist_pipeline_DATA = \
	pipelines/cogvideox-lora.yaml \
	pipelines/cogvideox-pipeline.yaml
