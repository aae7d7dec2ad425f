"""Where a frame lies in the model's input, and how boxes come back from there."""

import unittest
from types import SimpleNamespace

import numpy as np

from coreml.pictures import Picture, default_pictures, fitted, street_picture


def source_box(size, letterbox, box):
    description = SimpleNamespace(width=416, height=416, letterbox=letterbox)
    place = fitted(*size, description)
    pixels = np.zeros((1, 3, 416, 416), np.float32)
    picture = Picture(0, pixels, *size, place["ratio"], (place["x"], place["y"]))
    return place, picture.source_box(box)


class Defaults(unittest.TestCase):
    def test_the_street_comes_first_then_what_is_made(self):
        description = SimpleNamespace(
            width=416, height=416, letterbox="top-left", pad=114, channels="rgb"
        )
        street, made = default_pictures(description, 2)
        self.assertEqual(street.pixels.shape, (1, 3, 416, 416))
        self.assertEqual((street.width, street.height), (416, 234))
        # Sky above, in levels of 16, and what the letterbox adds below.
        self.assertTrue((street.pixels[0, :, :234] % 16 % 15 == 0).all())
        self.assertGreater(street.pixels[0, 2, :20].mean(), street.pixels[0, 0, :20].mean())
        self.assertTrue((street.pixels[0, :, 234:] == 114).all())
        self.assertFalse(np.array_equal(street.pixels, made.pixels))

    def test_a_network_of_bgr_gets_its_order(self):
        def street(channels):
            description = SimpleNamespace(
                width=64, height=64, letterbox="centre", pad=114, channels=channels
            )
            return street_picture(description).pixels

        np.testing.assert_array_equal(street("bgr"), street("rgb")[:, ::-1])


class Places(unittest.TestCase):
    def test_boxes_come_back_by_the_one_ratio_although_a_side_is_rounded_down(self):
        # 432 * (416 / 768) is 233.99… in floating point: 233 rows, and still 13 for every 24.
        place, box = source_box((768, 432), "top-left", (104, 52, 208, 130))
        self.assertEqual((place["width"], place["height"]), (416, 233))
        np.testing.assert_allclose(box, (192, 96, 384, 240))

    def test_a_centred_letterbox_is_taken_off_first(self):
        # 416 of 832: half; (416 - 208) / 2 above.
        place, box = source_box((832, 416), "centre", (10, 104, 20, 114))
        self.assertEqual((place["x"], place["y"]), (0, 104))
        np.testing.assert_allclose(box, (20, 0, 40, 20))

    def test_a_stretched_picture_has_a_ratio_for_each_side(self):
        _, box = source_box((832, 208), "stretch", (10, 10, 20, 20))
        np.testing.assert_allclose(box, (20, 5, 40, 10))


if __name__ == "__main__":
    unittest.main()
