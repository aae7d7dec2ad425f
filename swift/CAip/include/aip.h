// The C ABI of libAipNative.
//
// Every function returns an int32_t status (AIP_STATUS_OK = 0) unless it cannot fail. Results come
// back through out-pointers. Handles are opaque and belong to the caller, who destroys them. There
// are no callbacks, nothing throws across this boundary, and a negative status leaves a message
// that aip_last_error returns to the same thread. A handle is used by one thread at a time.

#ifndef AIP_H
#define AIP_H

#include <stdint.h>

#include "aip_layout.gen.h"

#ifdef __cplusplus
extern "C" {
#endif

// MARK: Library

/// Hash of the binary definition the library was built with.
uint32_t aip_layout_hash(void);

/// Writes the library's version, NUL-terminated, such as "0.1.0".
int32_t aip_version(uint8_t *text, uint32_t capacity);

/// Writes the calling thread's last error message, NUL-terminated, cut to `capacity`.
/// Returns the message's length in bytes.
int32_t aip_last_error(uint8_t *text, uint32_t capacity);

/// Monotonic clock in milliseconds, the same in every thread of this process.
double aip_clock_ms(void);

// MARK: Attention of the system. Elsewhere than on macOS these do nothing.

/// Gives the calling thread the class of work that a user waits for (QOS_CLASS_USER_INITIATED).
int32_t aip_thread_prioritise(void);

/// Keeps App Nap, the coalescing of timers and the machine's sleep from this process, until
/// aip_activity_end has been called as often.
int32_t aip_activity_begin(void);
int32_t aip_activity_end(void);

// MARK: Waiting and pipes. Every wait ends within 100 ms once *stop is not 0; a null
// stop never does.

/// Sleeps until aip_clock_ms() reaches `deadline_ms`; accurate to about 0.1 ms.
/// Returns OK, or STOPPED.
int32_t aip_sleep_until(double deadline_ms, const uint32_t *stop);

/// Creates a close-on-exec pipe of `capacity_bytes` where the system allows; fds[0]
/// is its read end.
int32_t aip_pipe_create(uint32_t capacity_bytes, int32_t *fds);

/// Reads exactly `size_bytes`. Returns OK, END (end of stream; *read_bytes says how much of a last
/// incomplete frame there was, 0 for a clean end), STOPPED or IO. The end becomes non-blocking.
int32_t aip_pipe_read(int32_t fd, uint8_t *bytes, uint32_t size_bytes, const uint32_t *stop,
                      uint32_t *read_bytes);

/// Writes exactly `size_bytes`. Returns OK, END (nobody reads any more), STOPPED or IO. The end
/// becomes non-blocking; SIGPIPE must be ignored, as Bun does.
int32_t aip_pipe_write(int32_t fd, const uint8_t *bytes, uint32_t size_bytes, const uint32_t *stop);

/// Closes a file descriptor.
int32_t aip_close(int32_t fd);

// MARK: ONNX Runtime

/// Loads the ONNX Runtime library at `path`, once in a process; again with the same path is OK.
int32_t aip_onnx_load(const char *path);

/// Writes JSON: {"version": "1.30.0", "providers": ["CPUExecutionProvider", …]}.
/// IO errors and an unloaded library are reported as LIBRARY.
int32_t aip_onnx_info(uint8_t *json, uint32_t capacity);

/// Writes what the model file at `path` says of itself, as JSON:
/// {"inputs": [{"name", "dtype", "shape": [1, 3, 416, 416]}], "outputs": […],
///  "metadata": {"key": "value"}, "producer", "graph", "domain", "description", "version"}.
/// A dynamic dimension is -1. Returns TRUNCATED with *needed_bytes when `capacity` is too small.
int32_t aip_onnx_inspect(const char *path, uint8_t *json, uint32_t capacity,
                         uint32_t *needed_bytes);

// MARK: Core ML. UNSUPPORTED, with a message, where this library was built without it.

/// Writes JSON: {"devices": ["cpu", "gpu", "ane"]}, the compute units that Core ML finds here.
int32_t aip_coreml_info(uint8_t *json, uint32_t capacity);

/// Compiles the .mlmodel or .mlpackage at `model_path`; writes the path of the .mlmodelc folder,
/// which lies in a temporary place: move it. Takes seconds; may crash on a damaged model.
int32_t aip_coreml_compile(const char *model_path, uint8_t *compiled_path, uint32_t capacity);

/// Writes where Core ML means to run the operations of the compiled model at `compiled_path` with
/// these AIP_COMPUTE_UNITS and the options of aip_coreml_session_create, as JSON:
/// [{"operator": "ios17.conv", "preferred": "neuralEngine", "cost": 0.013}, …]. `preferred` is "cpu", "gpu" or "neuralEngine", null for a constant; `cost` is
/// its share of the whole, null where none is estimated. It is an anticipation, no measurement.
/// Needs macOS 14.4; may hang. Returns TRUNCATED with *needed_bytes when `capacity` is too small.
int32_t aip_coreml_plan(const char *compiled_path, uint32_t compute_units, const char *options,
                        uint8_t *json, uint32_t capacity, uint32_t *needed_bytes);

// MARK: Sessions

typedef struct aip_session aip_session;

/// Loads a model for one device instance: the `model_bytes` bytes at `model`, which are not needed
/// afterwards, or the file at `model_path` where `model` is NULL; messages name the path in both
/// cases. `provider_options` are lines of key=value for the execution provider, or NULL; with
/// provider NAMED its first line is the provider's name. A model whose output has a dynamic shape
/// is run once, on a black picture, to learn it.
int32_t aip_session_create(const char *model_path, const uint8_t *model, uint32_t model_bytes,
                           const aip_session_config *config, const char *provider_options,
                           aip_session **session);

/// As aip_session_create, and has ONNX Runtime note of every run which operation ran on which
/// provider, and for how long. `profile_prefix`: path of the file to write, without its ending.
int32_t aip_session_create_profiled(const char *model_path, const uint8_t *model,
                                    uint32_t model_bytes, const aip_session_config *config,
                                    const char *provider_options, const char *profile_prefix,
                                    aip_session **session);

/// Ends the notes of a profiled session: writes them to a file, JSON in the Trace Event Format, and
/// that file's path to `path`, NUL-terminated. What runs later is not noted.
int32_t aip_session_end_profile(aip_session *session, uint8_t *path, uint32_t capacity);

/// Loads a compiled Core ML model for one device instance. `compiled_path`: the .mlmodelc folder;
/// nothing else may ever stand at this path, as the system keeps what it makes of a model by it.
/// `model_path`: where the user has the model, for messages. `compute_units`: an AIP_COMPUTE_UNITS.
/// `options`: lines of key=value, see CoreMlOptions.swift. The first load of a model on a machine
/// may take minutes. An image input takes the configuration's size, letterbox and pad alone.
int32_t aip_coreml_session_create(const char *model_path, const char *compiled_path,
                                  uint32_t compute_units, const aip_session_config *config,
                                  const char *options, aip_session **session);

/// Answers one frame: reads the slot's pixels, pre-processes, infers, decodes, and writes the
/// result block (descriptor timings, detections, payload). The caller has filled the descriptor's
/// identity fields and payload_capacity_bytes. Also writes the status into the descriptor.
int32_t aip_session_run(aip_session *session, const uint8_t *slot, uint8_t *result);

/// Frames one call of aip_session_run_batch can answer: as many as the model is made for, or, where
/// it takes any number, the configuration's batch_size_max; at least 1.
int32_t aip_session_batch_size(aip_session *session, uint32_t *count);

/// Answers `count` frames by one run of the model: `slots[i]` into `results[i]`, which the caller
/// has prepared as for aip_session_run. A model made for more pictures is run on stale ones
/// besides. Returns OK once every block has a status of its own and, where that is negative, its
/// message in place of the detections; INVALID_ARGUMENT where there is no such batch. Times: each
/// frame has its own of pre- and post-processing, and the whole of the inference, since it waited
/// for that; started_ms and finished_ms are the call's.
int32_t aip_session_run_batch(aip_session *session, uint32_t count, const uint8_t *const *slots,
                              uint8_t *const *results);

/// Bytes of payload one frame of this session can produce; 0 for detection heads.
int32_t aip_session_payload_bytes(aip_session *session, uint32_t *size_bytes);

void aip_session_destroy(aip_session *session);

// MARK: Graphs: any ONNX model with tensors as inputs and outputs, on the CPU

typedef struct aip_graph aip_graph;

/// Opens the ONNX model in the `model_bytes` bytes at `model`, which are not needed afterwards.
/// `thread_count`: threads inside one run, none of which spins; with 1, equal inputs give equal bits.
int32_t aip_graph_open(const uint8_t *model, uint32_t model_bytes, uint32_t thread_count,
                       aip_graph **graph);

/// Writes {"inputs": [{"name", "dtype", "shape": [-1, 3, 50, 50]}], "outputs": […]} as JSON, in the
/// order their indices count. Returns TRUNCATED with *needed_bytes when `capacity` is too small.
int32_t aip_graph_describe(aip_graph *graph, uint8_t *json, uint32_t capacity,
                           uint32_t *needed_bytes);

/// Runs the graph once: reads all its inputs and writes the outputs given, at least one; others are
/// not written. No output may overlap an input. INVALID_ARGUMENT where a tensor is not as declared,
/// INFERENCE where ONNX Runtime cannot run it.
int32_t aip_graph_run(aip_graph *graph, const aip_graph_tensor *inputs, uint32_t input_count,
                      const aip_graph_tensor *outputs, uint32_t output_count);

void aip_graph_close(aip_graph *graph);

// MARK: Demo scene

typedef struct aip_demo aip_demo;

/// See aip_demo.h; these two work on slots. Ground truth goes to the slot's truth records.
int32_t aip_demo_open(uint32_t width, uint32_t height, double fps, uint32_t seed, float density,
                      float person_share, float visitor_share, float visitor_seconds,
                      aip_demo **demo);
int32_t aip_demo_draw(aip_demo *demo, uint32_t frame_index, uint8_t *slot);
void aip_demo_destroy(aip_demo *demo);

// MARK: Cascade

/// Writes the luma thumbnail of a slot's picture: u8 [side, side], row-major, area means, the
/// picture (or `region`) stretched to a square. Luma is what the plane holds, and 0.299 R + 0.587 G
/// + 0.114 B of packed RGB. `region`: left, top, right, bottom as shares of the picture, 0...1; NULL
/// is all of it. `side`: 1 to AIP_THUMBNAIL_SIDE_MAX. See aip_thumbnail.h.
int32_t aip_thumbnail_luma(const void *slot, const float region[4], uint32_t side, uint8_t *out);

/// Writes the colour thumbnail of a slot's picture: u8 [3, side, side], planes R, G, B of 0...255,
/// otherwise as aip_thumbnail_luma.
int32_t aip_thumbnail_rgb(const void *slot, const float region[4], uint32_t side, uint8_t *out);

/// How much two luma thumbnails differ. Without `block_weights` their mean squared error, in squared
/// grey levels, 0...65025. With them: bias + the sum of weight times mean squared error over the
/// AIP_DIFFERENCE_BLOCK_COUNT blocks of a 10 x 10 grid, row-major; `side` is then a multiple of 10.
/// The way of NoScope (Kang et al. 2017, section 5).
int32_t aip_difference(const uint8_t *a, const uint8_t *b, uint32_t side,
                       const float *block_weights, float bias, float *out);

/// The blocks' mean squared errors themselves: f32 [AIP_DIFFERENCE_BLOCK_COUNT].
int32_t aip_difference_blocks(const uint8_t *a, const uint8_t *b, uint32_t side, float *out);

/// Replays frame skipping and the difference detector over `count` luma thumbnails side by side,
/// u8 [count, side, side], the first of them frame 0. Writes for every frame the one whose answer it
/// has: itself where it is looked at (its number divides by `t_skip`) and its difference is not
/// below `t_diff`; else what the frame before it has. The difference is to the last frame that had
/// its own answer or, where `reference` is not NULL, to that thumbnail: a frame that does not differ
/// from it has AIP_ANCHOR_NONE, the reference's answer.
int32_t aip_difference_gate(const uint8_t *thumbs, uint32_t count, uint32_t side,
                            const uint8_t *reference, const float *block_weights, float bias,
                            uint32_t t_skip, float t_diff, uint32_t *anchor_out);

// MARK: Drawing results

/// Draws a result block's detections over the pixels of its slot, in place. `labels`: class names,
/// each NUL-terminated, class 0 first.
int32_t aip_annotate(uint8_t *slot, const uint8_t *result, const char *labels,
                     uint32_t label_count);

#ifdef __cplusplus
}
#endif

#endif
