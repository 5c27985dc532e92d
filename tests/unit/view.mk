# tests/unit/view.mk
