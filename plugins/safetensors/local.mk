# plugins/safetensors/local.mk
