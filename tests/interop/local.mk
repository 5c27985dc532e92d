# tests/interop/local.mk: what the reference libraries say of our output.
# SPDX-License-Identifier: Apache-2.0
interop_tests = \
	tests/interop/test_absent.py \
	tests/interop/test_adapters.py \
	tests/interop/test_bin_folder.py \
	tests/interop/test_casts.py \
	tests/interop/test_cogvideox.py \
	tests/interop/test_comfy.py \
	tests/interop/test_dcp.py \
	tests/interop/test_deepseek.py \
	tests/interop/test_deepspeed.py \
	tests/interop/test_deepspeed_engine.py \
	tests/interop/test_diff.py \
	tests/interop/test_diffusers.py \
	tests/interop/test_diffusers_folder.py \
	tests/interop/test_dtensor.py \
	tests/interop/test_edit.py \
	tests/interop/test_encoders.py \
	tests/interop/test_everyday.py \
	tests/interop/test_forward.py \
	tests/interop/test_gguf.py \
	tests/interop/test_gguf_names.py \
	tests/interop/test_gguf_read.py \
	tests/interop/test_gguf_shapes.py \
	tests/interop/test_known.py \
	tests/interop/test_llm.py \
	tests/interop/test_llm_back.py \
	tests/interop/test_llm_more.py \
	tests/interop/test_lora.py \
	tests/interop/test_lora_forms.py \
	tests/interop/test_lora_gguf.py \
	tests/interop/test_lora_models.py \
	tests/interop/test_lora_names.py \
	tests/interop/test_manifest.py \
	tests/interop/test_map.py \
	tests/interop/test_megatron.py \
	tests/interop/test_megatron_models.py \
	tests/interop/test_megatron_ranks.py \
	tests/interop/test_memory.py \
	tests/interop/test_merge.py \
	tests/interop/test_models.py \
	tests/interop/test_nemo.py \
	tests/interop/test_numbered.py \
	tests/interop/test_outputs.py \
	tests/interop/test_packed.py \
	tests/interop/test_peft.py \
	tests/interop/test_pipeline.py \
	tests/interop/test_pipelines.py \
	tests/interop/test_quant.py \
	tests/interop/test_quantization_config.py \
	tests/interop/test_quantize.py \
	tests/interop/test_qweight.py \
	tests/interop/test_ranks.py \
	tests/interop/test_reverse.py \
	tests/interop/test_rules_values.py \
	tests/interop/test_safetensors.py \
	tests/interop/test_scaled.py \
	tests/interop/test_scaled_quantize.py \
	tests/interop/test_shards.py \
	tests/interop/test_spec.py \
	tests/interop/test_spec_input.py \
	tests/interop/test_ties.py \
	tests/interop/test_t5.py \
	tests/interop/test_tokenizer.py \
	tests/interop/test_torch.py \
	tests/interop/test_torch_models.py \
	tests/interop/test_torch_writer.py \
	tests/interop/test_vaes.py \
	tests/interop/test_weighted_merge.py \
	tests/interop/test_universal.py \
	tests/interop/test_zero.py \
	tests/interop/test_zoo.py
TESTS += $(interop_tests)
# Many models, values and files by the same code: what check-short leaves out.
repeating_tests += \
	tests/interop/test_bin_folder.py \
	tests/interop/test_casts.py \
	tests/interop/test_comfy.py \
	tests/interop/test_deepspeed_engine.py \
	tests/interop/test_forward.py \
	tests/interop/test_gguf_names.py \
	tests/interop/test_gguf_shapes.py \
	tests/interop/test_known.py \
	tests/interop/test_llm_more.py \
	tests/interop/test_megatron_models.py \
	tests/interop/test_memory.py \
	tests/interop/test_models.py \
	tests/interop/test_nemo.py \
	tests/interop/test_numbered.py \
	tests/interop/test_packed.py \
	tests/interop/test_peft.py \
	tests/interop/test_pipelines.py \
	tests/interop/test_quant.py \
	tests/interop/test_quantization_config.py \
	tests/interop/test_scaled_quantize.py \
	tests/interop/test_t5.py \
	tests/interop/test_torch_models.py \
	tests/interop/test_vaes.py \
	tests/interop/test_zoo.py
EXTRA_DIST += $(interop_tests) \
	tests/interop/cogmake.py \
	tests/interop/dcpmake.py \
	tests/interop/ldmmake.py \
	tests/interop/llmfile.py \
	tests/interop/llmmake.py \
	tests/interop/comfymake.py \
	tests/interop/megatronsave.py \
	tests/interop/modelmake.py \
	tests/interop/dsmake.py \
	tests/interop/dtmake.py \
	tests/interop/ggmlbase.py \
	tests/interop/ggmlfile.py \
	tests/interop/make_torch_zoo.py \
	tests/interop/oracle.py \
	tests/interop/pipemake.py \
	tests/interop/converter.txt \
	tests/interop/requirements.txt \
	tests/interop/training.py \
	tests/interop/training.txt \
	tests/interop/load.py \
	tests/interop/run.sh \
	tests/interop/satmake.py \
	tests/interop/support.py \
	tests/interop/tokmake.py \
	tests/interop/vaemake.py \
	tests/interop/zeromake.py \
	tests/interop/zoomake.py

# The kernels of block types, for test_quant.py and bench/bench_quant.py.
check_PROGRAMS += tests/interop/quantize
tests_interop_quantize_SOURCES = tests/interop/quantize.c
tests_interop_quantize_LDADD = core/libcore.la $(core_libs)

# What takes minutes: ten times as many weights; failures at all places; losses of power; conversions that are killed at random; all
# costly input.
check-long: all
	$(MAKE) $(AM_MAKEFLAGS) check FMTCONV_LONG=1 TESTS='tests/interop/test_quant.py tests/faults/faults.sh tests/faults/power.sh \
	  tests/cli/kills.sh tests/invalid/worst.sh'
.PHONY: check-long
