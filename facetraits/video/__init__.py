"""Faces in video files: decoding, reading frame by frame, result files, and drawn copies."""
