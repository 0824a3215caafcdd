"""Edit histories: commits and submissions in, versions of one file out, filtered with reasons.

Reading repositories and contest archives is in `sources`; writing edits from histories is in `synth`.
"""
