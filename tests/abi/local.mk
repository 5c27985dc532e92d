# tests/abi/local.mk: plugins that were not built here.
TESTS += tests/abi/stranger.sh
EXTRA_DIST += tests/abi/npy.c tests/abi/stranger.sh
