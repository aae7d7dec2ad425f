/// The version for x86-64 with AVX2: eight pixels at a time.
#include <math.h>
#include <string.h>

#include "demo_internal.h"

#if defined(__x86_64__)

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif

#define DEMO_LANES 8
#define DEMO_KERNELS demo_kernels_avx2
#include "demo_kernels.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
