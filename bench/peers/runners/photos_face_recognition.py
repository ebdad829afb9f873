"""face_recognition: its default path, a file to each face's landmarks and encoding.

It answers no traits: an encoding is what people compare faces with, and the nearest it has.
"""

import face_recognition
from timing_photos import measure


def read(path: str) -> int:
    picture = face_recognition.load_image_file(path)
    boxes = face_recognition.face_locations(picture)
    face_recognition.face_landmarks(picture, boxes)
    return len(face_recognition.face_encodings(picture, boxes))


measure(read)
