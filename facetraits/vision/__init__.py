"""From bytes to faces: decoding, detection, crops, quality, tracking, and the pipeline."""
