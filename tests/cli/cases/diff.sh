small a.safetensors
cp a.safetensors b.safetensors
printf '\0\0\0\100' | dd of=b.safetensors bs=1 conv=notrunc seek=$(($(wc -c <a.safetensors) - 32)) 2>/dev/null
fmtconv -qq --dtype f16 a.safetensors c.safetensors
try diff a.safetensors a.safetensors
try diff a.safetensors b.safetensors
try diff a.safetensors c.safetensors
try diff -q a.safetensors b.safetensors
try diff a.safetensors
try diff a.safetensors missing.safetensors
try inspect --stats --tensors b.safetensors
