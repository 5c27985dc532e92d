# tests/abi/local.mk: plugins that were not built here.
TESTS += tests/abi/stranger.sh
EXTRA_DIST += tests/abi/npy.c tests/abi/stranger.sh

# Modules that must be refused, compiled as a third party would.
TESTS += tests/abi/refused.sh
EXTRA_DIST += \
	tests/abi/good.c \
	tests/abi/loop.c \
	tests/abi/no-descriptor.c \
	tests/abi/refused.sh \
	tests/abi/undefined-symbol.c \
	tests/abi/wrong-abi.c
