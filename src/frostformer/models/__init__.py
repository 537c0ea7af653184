"""Input layer, backbone, output layer, and what of them trains."""
