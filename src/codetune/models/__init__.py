"""Anything that answers a chat: embedded, remote, stored.

What is asked is in `synth.prompts` and `evaluate.prompts`; weights are tuned in `train`.
"""
