"""The training loop for CPUs: batches, LoRA layers, loss, steps, checkpoints.

TRL's trainer on GPUs is in `train.gpu`.
"""
