"""Input layer, backbone, output layer, and which of their parameters train."""
