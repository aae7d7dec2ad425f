// Which version of the kernels runs: the best this processor has, found on first use.
#include <stdatomic.h>
#include <stddef.h>

#include "preprocess_internal.h"

#if defined(__x86_64__)
#include <cpuid.h>

// Asks the processor and, through XGETBV (inside the builtin), whether the system saves AVX state.
static bool has_avx2(void) {
  unsigned eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & bit_F16C)) return false;
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

enum { LEVEL_UNKNOWN = -1 };
static _Atomic int32_t current_level = LEVEL_UNKNOWN;

static bool supported(int32_t level) {
  switch (level) {
    case AIP_LEVEL_PORTABLE: return true;
#if defined(__x86_64__)
    case AIP_LEVEL_AVX2: return has_avx2();
#endif
#if defined(__aarch64__)
    case AIP_LEVEL_NEON: return true;  // Advanced SIMD is part of the base architecture
#endif
    default: return false;
  }
}

int32_t aip_kernels_level(void) {
  int32_t level = atomic_load_explicit(&current_level, memory_order_relaxed);
  if (level != LEVEL_UNKNOWN) return level;
  level = supported(AIP_LEVEL_AVX2)   ? AIP_LEVEL_AVX2
          : supported(AIP_LEVEL_NEON) ? AIP_LEVEL_NEON
                                      : AIP_LEVEL_PORTABLE;
  atomic_store_explicit(&current_level, level, memory_order_relaxed);
  return level;
}

int32_t aip_kernels_select(int32_t level) {
  if (!supported(level)) return AIP_STATUS_UNSUPPORTED;
  atomic_store_explicit(&current_level, level, memory_order_relaxed);
  return AIP_STATUS_OK;
}

const char *aip_kernels_level_name(int32_t level) {
  switch (level) {
    case AIP_LEVEL_PORTABLE: return "portable";
    case AIP_LEVEL_AVX2: return "avx2";
    case AIP_LEVEL_NEON: return "neon";
    default: return "unknown";
  }
}

const aip_kernels *aip_kernels_current(void) {
  switch (aip_kernels_level()) {
#if defined(__x86_64__)
    case AIP_LEVEL_AVX2: return &aip_kernels_avx2;
#endif
#if defined(__aarch64__)
    case AIP_LEVEL_NEON: return &aip_kernels_neon;
#endif
    default: return &aip_kernels_portable;
  }
}
