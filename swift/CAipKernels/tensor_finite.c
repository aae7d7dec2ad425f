// Whether a tensor holds anything but finite numbers.
#include <stdint.h>
#include <string.h>

#include "aip_kernels.h"

enum { BLOCK = 4096 };  // values between two looks at what was found
static const uint32_t SINGLE_INFINITE = 0x7f800000u;
static const uint16_t HALF_INFINITE = 0x7c00u;

static int32_t verdict(uint32_t largest, uint32_t infinite) {
  if (largest < infinite) return AIP_FINITE;
  return largest == infinite ? AIP_INFINITE : AIP_NOT_A_NUMBER;
}

// Without its sign, a number's bits grow with its size: infinity stands above all that are finite,
// and whatever is no number above infinity. So the largest bits decide. HOT: no branch inside a
// block, which compilers turn into vector code.
int32_t aip_find_not_finite_f32(const void *values, uint64_t count) {
  const uint8_t *from = values;
  uint32_t largest = 0;
  for (uint64_t start = 0; start < count && largest <= SINGLE_INFINITE; start += BLOCK) {
    const uint64_t end = count - start < BLOCK ? count : start + BLOCK;
    for (uint64_t i = start; i < end; i++) {
      uint32_t bits;
      memcpy(&bits, from + i * sizeof bits, sizeof bits);
      bits &= 0x7fffffffu;
      largest = bits > largest ? bits : largest;
    }
  }
  return verdict(largest, SINGLE_INFINITE);
}

int32_t aip_find_not_finite_f16(const void *values, uint64_t count) {
  const uint8_t *from = values;
  uint16_t largest = 0;
  for (uint64_t start = 0; start < count && largest <= HALF_INFINITE; start += BLOCK) {
    const uint64_t end = count - start < BLOCK ? count : start + BLOCK;
    for (uint64_t i = start; i < end; i++) {
      uint16_t bits;
      memcpy(&bits, from + i * sizeof bits, sizeof bits);
      bits &= 0x7fffu;
      largest = bits > largest ? bits : largest;
    }
  }
  return verdict(largest, HALF_INFINITE);
}
