{"a.weight": ["f32", 0, 2], "a.bias": ["f16", 8, 2]}
