try -r sat:iteration=77 ckpt out.safetensors
try -r sat:ema=yes ckpt out.safetensors
cp -r "$(ls -d ckpt/lora-*)" ckpt/again-11-24-10-00
try ckpt out.safetensors
