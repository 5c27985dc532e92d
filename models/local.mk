# models/local.mk: the installed model files, which are transforms.
# SPDX-License-Identifier: Apache-2.0
models = \
	models/auraflow.yaml \
	models/autoencoder-kl.yaml \
	models/bert.yaml \
	models/chroma.yaml \
	models/clip-g.yaml \
	models/clip-text.yaml \
	models/cogview4.yaml \
	models/command-r.yaml \
	models/cosmos-predict2.yaml \
	models/cosmos1.yaml \
	models/dc-ae-sana.yaml \
	models/deepseek2.yaml \
	models/distilbert.yaml \
	models/falcon-two-norms.yaml \
	models/falcon.yaml \
	models/flux-pipeline.yaml \
	models/flux.yaml \
	models/flux2-vae.yaml \
	models/flux2.yaml \
	models/gemma.yaml \
	models/gemma2.yaml \
	models/gemma3-vision.yaml \
	models/gemma3.yaml \
	models/gpt2.yaml \
	models/gptneox.yaml \
	models/granite-moe.yaml \
	models/granite.yaml \
	models/hidream.yaml \
	models/hunyuan-video-vae.yaml \
	models/hunyuan-video.yaml \
	models/llama.yaml \
	models/ltx-pipeline.yaml \
	models/ltx-vae.yaml \
	models/ltx.yaml \
	models/ltx091-pipeline.yaml \
	models/ltx091-vae.yaml \
	models/ltx095-pipeline.yaml \
	models/ltx095-vae.yaml \
	models/lumina2.yaml \
	models/megatron-gpt.yaml \
	models/megatron-llama.yaml \
	models/megatron-mixtral.yaml \
	models/megatron-ranks.yaml \
	models/mixtral.yaml \
	models/mochi-vae.yaml \
	models/mochi.yaml \
	models/olmo.yaml \
	models/olmo2.yaml \
	models/olmo3.yaml \
	models/olmoe.yaml \
	models/open-clip.yaml \
	models/phi2.yaml \
	models/phi3.yaml \
	models/pixart.yaml \
	models/qwen-image.yaml \
	models/qwen2-moe.yaml \
	models/qwen2-vl.yaml \
	models/qwen2.yaml \
	models/qwen3-moe.yaml \
	models/qwen3.yaml \
	models/roberta.yaml \
	models/sana.yaml \
	models/sd1-unet.yaml \
	models/sd1.yaml \
	models/sd2-clip.yaml \
	models/sd2-unet.yaml \
	models/sd2.yaml \
	models/sd3-pipeline.yaml \
	models/sd3.yaml \
	models/sdxl-refiner-unet.yaml \
	models/sdxl-refiner.yaml \
	models/sdxl-unet.yaml \
	models/sdxl.yaml \
	models/smollm3.yaml \
	models/stablelm.yaml \
	models/starcoder2.yaml \
	models/t5-gguf.yaml \
	models/t5-llama.yaml \
	models/t5.yaml \
	models/umt5-encoder.yaml \
	models/wan-animate.yaml \
	models/wan-umt5.yaml \
	models/wan-vace.yaml \
	models/wan-vae.yaml \
	models/wan.yaml \
	models/wan22-vae.yaml \
	models/xlm-roberta.yaml \
	models/z-image.yaml
if STANDALONE
dist_noinst_DATA += $(models)
else
dist_model_DATA = $(models)
endif
EXTRA_DIST += models/list.sh
