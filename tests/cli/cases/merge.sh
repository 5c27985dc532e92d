try help lora-merge
try -t lora-merge ckpt merged.safetensors
try -t lora-merge merged.safetensors other.safetensors
try -t lora-merge:file=ckpt,weight=-1 merged.safetensors back.safetensors
small in.safetensors
try -t lora-merge:file=ckpt in.safetensors other.safetensors
try -t lora-merge:file=nowhere in.safetensors other.safetensors
fmtconv -qn -t lora-merge:weight=0.8 -t cogvideox-transformer:version=2b ckpt other.safetensors | grep "blocks.0.attn1.to.*weight" | cut -c 1-150
ls
