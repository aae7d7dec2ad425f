"""Finding the head that reads an output, by the rules of src/model/head-shapes.ts."""

HEADS = ("yolox", "yolov5", "yolov8", "end-to-end", "classification", "raw")
DECODED_HEADS = ("yolov5", "yolov8", "end-to-end")
"""Heads whose boxes are in input pixels."""

STRIDE_SETS = ((8, 16, 32), (8, 16, 32, 64), (4, 8, 16, 32), (16, 32))
END_TO_END_ROWS = (100, 300)
COCO_COLUMNS = 84


def read_head(asked, shape, size, names, ultralytics, given):
    """(head, strides, transposed) where `shape` is that of a head; else None."""
    if asked == "raw":
        return "raw", (), False
    if len(shape) in (2, 4) and asked in (None, "classification") and shape[1] >= 2:
        if shape[0] == 1 and all(side == 1 for side in shape[2:]):
            return ("classification", (), False) if fits(names, shape[1]) else None
    if len(shape) != 3 or shape[0] != 1:
        return None
    strides = [given["strides"]] if "strides" in given else STRIDE_SETS
    for transposed in (False, True) if "transposed" not in given else (given["transposed"],):
        rows, columns = (shape[2], shape[1]) if transposed else shape[1:]
        if asked in (None, "end-to-end") and not transposed and columns == 6:
            if asked or rows in END_TO_END_ROWS:
                return "end-to-end", (), False
        for anchors, heads in ((3, ("yolov5",)), (1, ("yolox", "yolov8"))):
            levels = next((each for each in strides if cells(size, each) * anchors == rows), None)
            for head in heads if levels else ():
                if asked not in (None, head):
                    continue
                extra = 4 if head == "yolov8" else 5
                if columns <= extra or not fits(names, columns - extra):
                    continue
                if (
                    not asked
                    and anchors == 1
                    and head != one_box_head(transposed, columns, names, ultralytics)
                ):
                    continue
                return head, tuple(levels), transposed
    return None


def one_box_head(transposed, columns, names, ultralytics):
    """YOLOX has its boxes first, YOLOv8 has them last, unless metadata says it was turned."""
    turned = (ultralytics and names) or (columns == COCO_COLUMNS and not names)
    return "yolov8" if transposed or turned else "yolox"


def cells(size, strides):
    width, height = size
    return sum(-(-width // stride) * -(-height // stride) for stride in strides)


def fits(names, count):
    return names is None or len(names) == count
