// ONNX Runtime's C API: types only. The library itself is opened by path while running, so nothing
// may be linked; a pkg-config entry would link it, hence the search by place.
#if __has_include(<onnxruntime_c_api.h>)
#include <onnxruntime_c_api.h>
#elif __has_include(<onnxruntime/onnxruntime_c_api.h>)
#include <onnxruntime/onnxruntime_c_api.h>
#elif __has_include("/opt/homebrew/include/onnxruntime/onnxruntime_c_api.h")
#include "/opt/homebrew/include/onnxruntime/onnxruntime_c_api.h"
#elif __has_include("/usr/local/include/onnxruntime/onnxruntime_c_api.h")
#include "/usr/local/include/onnxruntime/onnxruntime_c_api.h"
#else
#error "ONNX Runtime's header is missing: apt-get install libonnxruntime-dev, or brew install onnxruntime"
#endif
