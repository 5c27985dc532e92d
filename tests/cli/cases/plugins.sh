try plugins
try plugins torch
try plugins safetensors
try plugins torhc
try plugins sat torch
