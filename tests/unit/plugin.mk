# tests/unit/plugin.mk
