try -r sat -t cogvideox-lora -w safetensors ckpt out.safetensors
try --reader sat --transform cogvideox-lora:alpha=4,scale=metadata --writer=safetensors ckpt other.safetensors
try -r torch -t none ckpt/lora-disney-11-23-10-00/1000/mp_rank_00_model_states.pt all.safetensors
ls
