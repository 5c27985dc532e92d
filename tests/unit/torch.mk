# tests/unit/torch.mk
