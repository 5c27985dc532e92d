try inspect ckpt
small in.safetensors
try inspect in.safetensors
try inspect -q in.safetensors
