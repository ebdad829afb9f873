"""deepface: its default path with age, gender, and emotion, and its default detector.

Its weights are on no registry, so the networks keep their random ones: the time is the same.
"""

import os
import tempfile

from timing_photos import measure

# Its home is made on import.
home = tempfile.mkdtemp()
os.environ["DEEPFACE_HOME"] = home

from deepface.commons import weight_utils  # noqa: E402

weight_utils.download_weights_if_necessary = lambda file_name, **_: file_name
weight_utils.load_model_weights = lambda model, weight_file: model

from deepface import DeepFace  # noqa: E402


def read(path: str) -> int:
    found = DeepFace.analyze(
        path, actions=("age", "gender", "emotion"), enforce_detection=False, silent=True
    )
    # Where it finds none, it answers for the whole picture, with confidence 0.
    return sum(face["face_confidence"] > 0 for face in found)


measure(read)
