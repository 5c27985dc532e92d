# SPDX-License-Identifier: Apache-2.0
"""Makes a universal checkpoint of the one in a run of dsmake.py, and joins its fp32 weights, both with DeepSpeed.

python dsconvert.py RUN
"""

import sys
from argparse import Namespace

import torch
from deepspeed.checkpoint.ds_to_universal import main
from deepspeed.utils.zero_to_fp32 import get_fp32_state_dict_from_zero_checkpoint

run = sys.argv[1]
main(Namespace(input_folder=f"{run}/step3", output_folder=f"{run}/universal", num_extract_workers=1, num_merge_workers=1,
               keep_temp_folder=False, strict=True, inject_missing_state=False))
torch.save(get_fp32_state_dict_from_zero_checkpoint(run, tag="step3"), f"{run}/fp32.pt")
