# plugins/sat/local.mk
