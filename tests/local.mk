# tests/local.mk: what 'make check' runs.
unit_libs = core/libcore.la $(core_libs) $(CRITERION_LIBS)
unit_cflags = $(AM_CFLAGS) $(CRITERION_CFLAGS) $(JANSSON_CFLAGS) $(YAML_CFLAGS) $(LIBZIP_CFLAGS) $(ZLIB_CFLAGS)

# Criterion suites, one program an area.
if CRITERION
include tests/unit/base.mk
include tests/unit/attr.mk
include tests/unit/source.mk
include tests/unit/view.mk
include tests/unit/rules.mk
include tests/unit/kernel.mk
include tests/unit/plan.mk
include tests/unit/plugin.mk
include tests/unit/torch.mk
endif
