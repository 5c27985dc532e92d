# tests/unit/source.mk
