"""Arrays: `.npy`, `.npz` and MATLAB's `.mat`, each with all sequences."""
