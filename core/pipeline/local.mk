# core/pipeline/local.mk: see the header beside it for what this folder is.
core_sources += \
	core/pipeline/pipeline.h
