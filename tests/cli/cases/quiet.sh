try -q ckpt out.safetensors
try -qq -f ckpt out.safetensors
try -q ckpt out.safetensors
try -qq ckpt out.safetensors
