try
try ckpt
try ckpt out.safetensors more
try inspect
try inspect ckpt ckpt
try --memory
try -r
