"""Finding the head that reads an output, by the rules of src/model/head-shapes.ts."""

HEADS = ("yolox", "yolov5", "yolov8", "end-to-end", "classification", "raw")
DECODED_HEADS = ("yolov5", "yolov8", "end-to-end")
"""Heads whose boxes are in input pixels."""

STRIDE_SETS = ((8, 16, 32), (8, 16, 32, 64), (4, 8, 16, 32), (16, 32))
END_TO_END_ROWS = (100, 300)
COCO_COLUMNS = 84
BOX_COLUMNS = {"yolox": 5, "yolov5": 5, "yolov8": 4}
"""Columns before the classes: a box, and YOLOX's and YOLOv5's objectness."""


def read_head(asked, shape, size, names, ultralytics, given):
    """(head, strides, transposed) where `shape` is that of a head; else None."""
    if asked == "raw":
        return "raw", (), False
    if len(shape) in (2, 4) and asked in (None, "classification") and shape[1] >= 2:
        if shape[0] == 1 and all(side == 1 for side in shape[2:]):
            return ("classification", (), False) if fits(names, shape[1]) else None
    if len(shape) != 3 or shape[0] != 1:
        return None
    for transposed in (False, True) if "transposed" not in given else (given["transposed"],):
        rows, columns = (shape[2], shape[1]) if transposed else shape[1:]
        six = columns == 6 and not transposed
        if six and (asked == "end-to-end" or (asked is None and rows in END_TO_END_ROWS)):
            return "end-to-end", (), False
        for head in ("yolov5", "yolox", "yolov8") if asked is None else (asked,):
            levels = box_levels(head, rows, columns, size, names, given)
            if levels is None:
                continue
            if asked or head in ("yolov5", one_box_head(transposed, columns, names, ultralytics)):
                return head, levels, transposed
    return None


def box_levels(head, rows, columns, size, names, given):
    """The strides whose cells give so many rows, where the columns fit the head too; else None."""
    if head not in BOX_COLUMNS:
        return None
    classes, anchors = columns - BOX_COLUMNS[head], 3 if head == "yolov5" else 1
    if classes < 1 or not fits(names, classes):
        return None
    sets = [tuple(given["strides"])] if "strides" in given else STRIDE_SETS
    return next((levels for levels in sets if cells(size, levels) * anchors == rows), None)


def one_box_head(transposed, columns, names, ultralytics):
    """YOLOX has its boxes first, YOLOv8 has them last, unless metadata says it was turned."""
    turned = (ultralytics and names) or (columns == COCO_COLUMNS and not names)
    return "yolov8" if transposed or turned else "yolox"


def cells(size, strides):
    width, height = size
    return sum(-(-width // stride) * -(-height // stride) for stride in strides)


def fits(names, count):
    return names is None or len(names) == count
