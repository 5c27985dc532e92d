# tests/invalid/local.mk: input that must be refused, each case with its message.
if PLUGIN_TORCH
TESTS += tests/invalid/pickle.sh
endif
EXTRA_DIST += \
	tests/invalid/make_pickles.py \
	tests/invalid/picklekit.py \
	tests/invalid/pickle.sh
