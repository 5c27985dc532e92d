try -v ckpt out.safetensors
