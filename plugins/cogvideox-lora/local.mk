# plugins/cogvideox-lora/local.mk
