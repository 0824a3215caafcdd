"""Edits as text: changed blocks of lines, edit series, target areas, answer formats.

No model and no file is used here; calls to models belong to `synth.generators`, histories to `sources`.
"""
