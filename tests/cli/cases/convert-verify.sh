small in.safetensors
try --verify in.safetensors out.safetensors
try -q --verify out.safetensors again.safetensors
cmp out.safetensors again.safetensors && echo equal
