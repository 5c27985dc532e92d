rm ckpt/lora-disney-11-23-10-00/training_config.yaml
try ckpt out.safetensors
try --strict ckpt strict.safetensors
try --strict -t cogvideox-lora:alpha=2 --dtype f32 ckpt strict.safetensors
ls
