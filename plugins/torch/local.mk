# plugins/torch/local.mk
