/// The version for every processor: four pixels at a time are what SSE2 and NEON hold.
#define DEMO_LANES 4
#define DEMO_KERNELS demo_kernels_portable
#include "demo_kernels.h"
