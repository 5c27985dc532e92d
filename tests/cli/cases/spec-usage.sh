small in.safetensors
printf 'fmtconv: 1\nread: in.safetensors\nwrite: {safetensors: {path: out.safetensors, shrad: 1}}\n' >bad.yaml
printf 'fmtconv: 1\nread: in.safetensors\ntransform: []\nwrite: out.safetensors\n' >good.yaml
try -p bad.yaml
try -p good.yaml in.safetensors
try -p good.yaml -D a=b
try -p good.yaml -r sat
try -p good.yaml -t cast:to=f16
try -p good.yaml -w safetensors
try -p good.yaml a b c
try -D a=b in.safetensors out.safetensors
try -p good.yaml -D ab
try -p good.yaml -D =b
try -p
try -p none.yaml
try -p cogvideox-lroa
try -p ckpt
try -p -
try -p cogvideox-lora
try -p cogvideox-lora -D scael=none ckpt out.safetensors
try -p cogvideox-lora -D scale=none -D scale=bake ckpt out.safetensors
try -p cogvideox-lora -D scale=nowhere ckpt out.safetensors
try -p cogvideox-pipeline
try -q -p good.yaml
try -p good.yaml
try -q -p good.yaml --force
try --json -p bad.yaml
