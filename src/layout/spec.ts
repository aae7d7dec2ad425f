/**
 * The only place where a struct shared between threads or with native code is defined.
 *
 * `scripts/gen-layout.ts` turns this data into `layout.gen.ts` (offsets for TypeScript) and
 * `swift/CAip/include/aip_layout.gen.h` (structs for C and Swift). Both are committed, and a test
 * regenerates and compares them.
 *
 * Fields touched per frame are 32-bit integers or floats: a 64-bit integer becomes a BigInt in
 * JavaScript. Offsets follow from the order of the fields; a struct's stated size must match, and
 * every field must be aligned to its own size.
 */

/** A field's scalar type; arrays have a `count`. */
export type FieldType = "u32" | "i32" | "f32" | "f64";

/** One field: its name in snake_case with the unit last, its type and what it holds. */
export interface FieldSpec {
  readonly name: string;
  readonly type: FieldType;
  /** Number of elements; 1 when absent. */
  readonly count?: number;
  readonly doc: string;
}

/** One struct. `sizeBytes` is stated so that a changed field cannot move the rest unnoticed. */
export interface StructSpec {
  readonly name: string;
  readonly sizeBytes: number;
  readonly doc: string;
  readonly fields: readonly FieldSpec[];
}

/** A set of named constants; in C they become `AIP_<SET>_<NAME>`. */
export interface EnumSpec {
  readonly name: string;
  readonly doc: string;
  readonly values: Readonly<Record<string, number>>;
}

/** A named limit or number both sides must agree on. */
export interface ConstantSpec {
  readonly name: string;
  readonly value: number;
  readonly doc: string;
}

export const constants: readonly ConstantSpec[] = [
  { name: "detection_count_max", value: 300, doc: "Detections kept per frame after NMS." },
  { name: "class_filter_words", value: 32, doc: "u32 words of the class filter: 1024 classes." },
  { name: "payload_rank_max", value: 6, doc: "Dimensions of a payload tensor." },
  { name: "head_level_count_max", value: 8, doc: "Feature-map strides of an anchor-free head." },
  { name: "batch_size_max", value: 64, doc: "Frames that one call can answer." },
  { name: "graph_rank_max", value: 8, doc: "Dimensions of a tensor of a graph's run." },
  { name: "thumbnail_side_max", value: 128, doc: "Side of a thumbnail in pixels." },
  { name: "difference_block_count", value: 100, doc: "Blocks of the difference: 10 by 10." },
  { name: "anchor_none", value: 0xffffffff, doc: "Stands for the reference in an anchor's place." },
];

export const enums: readonly EnumSpec[] = [
  {
    name: "slot_state",
    doc: "Where a slot is on its way: free, writing, ready, reading, done, free.",
    values: { free: 0, writing: 1, ready: 2, reading: 3, done: 4 },
  },
  {
    name: "early_answer",
    doc:
      "What a cascade found before the reference model: nothing certain, so that model decides; " +
      "the last answer again, for want of a look or of a change; the empty picture; the object " +
      "absent or present.",
    values: { none: 0, skipped: 1, unchanged: 2, empty: 3, absent: 4, present: 5 },
  },
  {
    name: "pixel_format",
    doc: "How pixels lie in a slot; names as in ffmpeg.",
    values: { yuv420p: 0, nv12: 1, rgb24: 2, bgr24: 3 },
  },
  {
    name: "color_matrix",
    doc: "Coefficients from YCbCr to RGB (ITU-R BT.601-7, BT.709-6).",
    values: { bt601: 0, bt709: 1 },
  },
  {
    name: "color_range",
    doc: "Limited: luma 16-235, chroma 16-240. Full: 0-255.",
    values: { limited: 0, full: 1 },
  },
  {
    name: "status",
    doc: "Result of a native call, and of a frame. Negative values are errors with a message.",
    values: {
      ok: 0,
      end: 1,
      stopped: 2,
      again: 3,
      invalid_argument: -1,
      out_of_memory: -2,
      io: -3,
      model: -4,
      inference: -5,
      unsupported: -6,
      library: -7,
      truncated: -8,
    },
  },
  { name: "tensor_layout", doc: "Order of a picture tensor's axes.", values: { nchw: 0, nhwc: 1 } },
  {
    name: "channel_order",
    doc: "Order of a pixel's channels. BGRA is for pictures of 8 bits alone, alpha 255.",
    values: { rgb: 0, bgr: 1, gray: 2, bgra: 3 },
  },
  {
    name: "dtype",
    doc: "Element type of a tensor.",
    values: { f32: 0, f16: 1, u8: 2, i32: 3, i64: 4 },
  },
  {
    name: "letterbox",
    doc: "Where the picture stands in the model's input.",
    values: { top_left: 0, centre: 1, stretch: 2 },
  },
  {
    name: "head",
    doc: "What the model's output means.",
    values: { raw: 0, yolox: 1, yolov5: 2, yolov8: 3, end_to_end: 4, classification: 5 },
  },
  {
    name: "provider",
    doc: "Execution provider of an ONNX Runtime session.",
    values: { cpu: 0, webgpu: 1, coreml: 2, cuda: 3, named: 4 },
  },
  {
    name: "compute_units",
    doc: "Where Core ML may run a model; numbers as in its MLComputeUnits.",
    values: { cpu_only: 0, cpu_and_gpu: 1, all: 2, cpu_and_neural_engine: 3 },
  },
];

export const structs: readonly StructSpec[] = [
  {
    name: "arena_header",
    sizeBytes: 128,
    doc: "Start of the arena: identity, and the doorbell that wakes the manager.",
    fields: [
      { name: "magic", type: "u32", doc: "0x61697031, the characters aip1." },
      { name: "layout_hash", type: "u32", doc: "Hash of this definition." },
      { name: "arena_bytes", type: "u32", doc: "Size of the arena (at most 4 GiB - 1)." },
      { name: "stop", type: "u32", doc: "1 once the whole pipeline stops; native waits check it." },
      { name: "reserved", type: "u32", count: 12, doc: "Fills the cache line." },
      {
        name: "doorbell",
        type: "i32",
        doc: "Rung (added to, notified) when the manager has work.",
      },
      { name: "manager_waiting", type: "i32", doc: "1 while the manager sleeps on the doorbell." },
      { name: "reserved_doorbell", type: "u32", count: 14, doc: "Fills the cache line." },
    ],
  },
  {
    name: "ring_header",
    sizeBytes: 192,
    doc: "Single-producer single-consumer ring of u32; its elements follow. One cache line a side.",
    fields: [
      { name: "head", type: "u32", doc: "Next position to write; stored by the producer alone." },
      { name: "reserved_head", type: "u32", count: 15, doc: "Fills the producer's cache line." },
      { name: "tail", type: "u32", doc: "Next position to read; stored by the consumer alone." },
      { name: "reserved_tail", type: "u32", count: 15, doc: "Fills the consumer's cache line." },
      { name: "wake", type: "i32", doc: "Word the consumer sleeps on; added to by the producer." },
      { name: "consumer_waiting", type: "i32", doc: "1 while the consumer sleeps on `wake`." },
      { name: "capacity", type: "u32", doc: "Number of elements, a power of two." },
      { name: "reserved_wait", type: "u32", count: 13, doc: "Fills the cache line." },
    ],
  },
  {
    name: "source_control",
    sizeBytes: 128,
    doc: "What an ingest worker and the manager tell each other about one source.",
    fields: [
      {
        name: "stop",
        type: "u32",
        doc: "1 asks the ingest worker to end after the current frame.",
      },
      { name: "received", type: "u32", doc: "Frames received, dropped ones included." },
      {
        name: "dropped",
        type: "u32",
        doc: "Frames dropped by the ingest worker, for want of a slot.",
      },
      { name: "buffer_full_waits", type: "u32", doc: "Times ingest found no free slot." },
      {
        name: "started_ms",
        type: "f64",
        doc: "Monotonic clock when the first read began; 0 before.",
      },
      {
        name: "screening",
        type: "u32",
        doc: "Screening in force; another number means that the manager has sent another.",
      },
      { name: "reserved", type: "u32", count: 25, doc: "Fills the cache line." },
    ],
  },
  {
    name: "worker_control",
    sizeBytes: 128,
    doc: "What an inference worker and the manager tell each other.",
    fields: [
      { name: "stop", type: "u32", doc: "1 asks the worker to end; native waits check it." },
      { name: "current_result", type: "u32", doc: "Result block being written, for the watchdog." },
      { name: "busy_since_ms", type: "f64", doc: "Monotonic clock when the current frame began." },
      { name: "reserved", type: "u32", count: 28, doc: "Fills the cache line." },
    ],
  },
  {
    name: "slot_header",
    sizeBytes: 128,
    doc:
      "Start of a slot. What changes with every frame, and is read by several threads, fills the " +
      "first cache line; the second holds what native code needs besides to read the pixels.",
    fields: [
      { name: "state", type: "u32", doc: "A slot_state." },
      { name: "source_index", type: "u32", doc: "Source the frame came from." },
      { name: "frame_id", type: "u32", doc: "Number of the frame in its source, from 0." },
      { name: "truth_count", type: "u32", doc: "Ground-truth records present." },
      { name: "time_ms", type: "f64", doc: "Presentation time since the stream's start, in ms." },
      { name: "received_ms", type: "f64", doc: "Monotonic clock when the frame had arrived." },
      { name: "decode_ms", type: "f32", doc: "Time the frame took to read, in ms." },
      { name: "early_answer", type: "u32", doc: "An early_answer; none where no cascade runs." },
      {
        name: "score",
        type: "f32",
        doc: "Of a cascade's network, 0-1; NaN where it did not look.",
      },
      {
        name: "difference",
        type: "f32",
        doc: "What the difference detector measured; NaN where it did not look.",
      },
      { name: "width", type: "u32", doc: "Width of the pixels held here." },
      { name: "height", type: "u32", doc: "Height of the pixels held here." },
      { name: "source_width", type: "u32", doc: "Width before the decoder scaled it; 0: width." },
      {
        name: "source_height",
        type: "u32",
        doc: "Height before the decoder scaled it; 0: height.",
      },
      { name: "slot_bytes", type: "u32", doc: "Size of the slot, this header included." },
      { name: "truth_offset_bytes", type: "u32", doc: "Ground-truth records, from this header." },
      { name: "truth_capacity", type: "u32", doc: "Room for ground-truth records; 0 where none." },
      { name: "pixel_format", type: "u32", doc: "A pixel_format." },
      { name: "color_matrix", type: "u32", doc: "A color_matrix." },
      { name: "color_range", type: "u32", doc: "A color_range." },
      {
        name: "plane_offset_bytes",
        type: "u32",
        count: 3,
        doc: "Start of each plane, from the start of this header.",
      },
      { name: "plane_stride_bytes", type: "u32", count: 3, doc: "Bytes from one row to the next." },
      { name: "reserved", type: "u32", count: 4, doc: "Fills the cache line." },
    ],
  },
  {
    name: "result_descriptor",
    sizeBytes: 128,
    doc:
      "Start of a result block; detection records follow it, then the payload area. A failed " +
      "frame has its error message, in UTF-8, where the detection records would stand. What " +
      "every frame has fills the first cache line.",
    fields: [
      { name: "slot_index", type: "u32", doc: "Slot the frame lies in." },
      { name: "source_index", type: "u32", doc: "Source of the frame." },
      { name: "frame_id", type: "u32", doc: "Number of the frame in its source." },
      { name: "worker_index", type: "u32", doc: "Worker that answered." },
      { name: "status", type: "i32", doc: "A status; `ok`, or why the frame failed." },
      {
        name: "batch_size",
        type: "u32",
        doc: "Frames of its call: from this one on when given, all of them once answered.",
      },
      { name: "detection_count", type: "u32", doc: "Detection records present." },
      { name: "candidate_count", type: "u32", doc: "Boxes above the confidence, before NMS." },
      { name: "started_ms", type: "f64", doc: "Monotonic clock when the worker took the frame." },
      { name: "finished_ms", type: "f64", doc: "Monotonic clock when the result was written." },
      { name: "preprocess_ms", type: "f32", doc: "Time from pixels to tensor, in ms." },
      { name: "inference_ms", type: "f32", doc: "Time in the model, in ms." },
      { name: "postprocess_ms", type: "f32", doc: "Time decoding boxes and in NMS, in ms." },
      {
        name: "payload_bytes",
        type: "u32",
        doc: "Payload bytes present; of the message in a failed frame.",
      },
      { name: "payload_capacity_bytes", type: "u32", doc: "Size of the payload area." },
      { name: "payload_dtype", type: "u32", doc: "A dtype." },
      { name: "payload_rank", type: "u32", doc: "Dimensions of the payload tensor." },
      { name: "payload_shape", type: "u32", count: 6, doc: "The payload tensor's shape." },
      { name: "reserved", type: "u32", count: 7, doc: "Fills the cache line." },
    ],
  },
  {
    name: "detection",
    sizeBytes: 32,
    doc: "One detection, or one ground-truth box.",
    fields: [
      { name: "x1", type: "f32", doc: "Left edge in source pixels." },
      { name: "y1", type: "f32", doc: "Top edge in source pixels." },
      { name: "x2", type: "f32", doc: "Right edge in source pixels." },
      { name: "y2", type: "f32", doc: "Bottom edge in source pixels." },
      { name: "confidence", type: "f32", doc: "Score 0-1; the visible share for ground truth." },
      {
        name: "class_id",
        type: "i32",
        doc: "Class number; -1 - class marks ignored ground truth.",
      },
      { name: "track_id", type: "i32", doc: "Track number, or -1." },
      { name: "reserved", type: "u32", doc: "Zero." },
    ],
  },
  {
    name: "session_config",
    sizeBytes: 320,
    doc: "Everything a native session needs to know besides the model file.",
    fields: [
      { name: "provider", type: "u32", doc: "A provider." },
      { name: "thread_count", type: "u32", doc: "Threads inside one inference; 0 leaves it open." },
      { name: "input_width", type: "u32", doc: "Width of the model's input in pixels." },
      { name: "input_height", type: "u32", doc: "Height of the model's input in pixels." },
      { name: "input_layout", type: "u32", doc: "A tensor_layout." },
      { name: "input_channel_order", type: "u32", doc: "A channel_order." },
      { name: "input_dtype", type: "u32", doc: "A dtype (f32, f16 or u8)." },
      { name: "input_letterbox", type: "u32", doc: "A letterbox." },
      { name: "input_scale", type: "f32", doc: "Multiplies pixel values 0-255 first." },
      { name: "input_mean", type: "f32", count: 3, doc: "Subtracted then, in the input's order." },
      { name: "input_std", type: "f32", count: 3, doc: "Divided by last, in the input's order." },
      { name: "input_pad", type: "f32", doc: "Grey of the padding, 0-255 before scaling." },
      { name: "head", type: "u32", doc: "A head." },
      { name: "class_count", type: "u32", doc: "Classes the head scores." },
      { name: "head_level_count", type: "u32", doc: "Strides in use." },
      {
        name: "head_strides",
        type: "u32",
        count: 8,
        doc: "Strides of the feature maps, in order.",
      },
      { name: "output_index", type: "u32", doc: "Which of the model's outputs the head reads." },
      { name: "head_transposed", type: "u32", doc: "1: boxes along the last axis, [1, 4 + C, N]." },
      {
        name: "boxes_normalized",
        type: "u32",
        doc: "1: boxes are 0-1 of the input, not input pixels.",
      },
      {
        name: "scores_activation",
        type: "u32",
        doc: "0: scores are probabilities; 1: apply sigmoid; 2: apply softmax.",
      },
      { name: "class_agnostic", type: "u32", doc: "1: NMS across classes." },
      { name: "confidence_min", type: "f32", doc: "Detections below it are left out." },
      { name: "iou_max", type: "f32", doc: "Overlap above which NMS drops the weaker box." },
      {
        name: "detection_limit",
        type: "u32",
        doc: "Detections kept, at most detection_count_max.",
      },
      { name: "class_filter_enabled", type: "u32", doc: "1: only classes in class_filter count." },
      { name: "class_filter", type: "u32", count: 32, doc: "Bit c of word c/32: class c wanted." },
      {
        name: "batch_size_max",
        type: "u32",
        doc: "Frames one call may answer, where the model leaves it open; 0 counts as 1.",
      },
      { name: "reserved", type: "u32", count: 11, doc: "Fills the struct." },
    ],
  },
  {
    name: "graph_tensor",
    sizeBytes: 64,
    doc: "One tensor of a graph's run, over the caller's memory.",
    fields: [
      { name: "address", type: "u32", count: 2, doc: "Of its first element, the low word first." },
      { name: "index", type: "u32", doc: "Which of the graph's inputs, or of its outputs." },
      { name: "dtype", type: "u32", doc: "A dtype." },
      { name: "rank", type: "u32", doc: "Dimensions in use." },
      { name: "shape", type: "u32", count: 8, doc: "The last dimension fastest, without gaps." },
      { name: "reserved", type: "u32", count: 3, doc: "Fills the cache line." },
    ],
  },
];
