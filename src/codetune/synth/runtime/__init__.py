"""How a synthesis run works: selection, scheduling, the generation context, parsing of answers.

What a generator asks is in `synth.generators`; what a kept row must satisfy is in `synth.checks`.
"""
