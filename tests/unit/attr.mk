# tests/unit/attr.mk
