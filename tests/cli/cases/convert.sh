try ckpt out.safetensors
ls
try inspect out.safetensors
