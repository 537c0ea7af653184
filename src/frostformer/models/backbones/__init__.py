"""Backbones: what stands between the input layer and the output layer."""
