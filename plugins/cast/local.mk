# plugins/cast/local.mk
