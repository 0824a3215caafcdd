"""An instruction dataset in, an adapter or a model out."""
