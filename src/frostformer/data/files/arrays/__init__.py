"""Arrays that hold all sequences: `.npy`, `.npz`, folders of `.npy`, and MATLAB's `.mat`.

numpy_files.py (npy.py, fields.py), matlab.py (mat5.py)  the formats: arrays by name
roles.py, answers.py                                     which array and which axis is what
cases.py                                                 what both formats share: from arrays to cases
"""
