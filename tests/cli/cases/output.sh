small in.safetensors
echo old >old.safetensors
try in.safetensors old.safetensors
cat old.safetensors
try -f in.safetensors old.safetensors
cmp -s in.safetensors old.safetensors || echo replaced
try in.safetensors in.safetensors
try -f in.safetensors in.safetensors
ln in.safetensors twin.safetensors
try -f in.safetensors twin.safetensors
ln -s old.safetensors link.safetensors
try -f in.safetensors link.safetensors
try in.safetensors none/out.safetensors
mkdir folder.safetensors
try -f in.safetensors folder.safetensors
try -w safetensors in.safetensors folder/
try in.safetensors folder/
try in.safetensors folder/
try -w diffusers in.safetensors in.safetensors
try -w diffusers in.safetensors none/new/..
try in.safetensors -
try in.safetensors ''
try in.safetensors out.onnx
try in.safetensors out
ls
