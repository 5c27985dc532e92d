small in.safetensors
try inspect --json in.safetensors
try inspect --json --tensors in.safetensors
try inspect --json nothing.safetensors
