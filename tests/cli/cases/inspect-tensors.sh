small in.safetensors
try inspect --tensors in.safetensors
try inspect '--tensors=layer.*' in.safetensors
try inspect '--tensors=nothing*' in.safetensors
try inspect -q '--tensors=*layers.7.*matrix_A*' ckpt
