// Tests of the look for values that are not finite: at every place of a few sizes, and next to the
// largest finite number.
#include <math.h>
#include <string.h>

#include "aip_kernels.h"
#include "check.h"

static int32_t look_f32(const float *values, size_t count) {
  // Against a guard page: nothing behind the last value is read.
  guarded memory = guarded_make(count * sizeof *values, false);
  memcpy(memory.bytes, values, count * sizeof *values);
  const int32_t found = aip_find_not_finite_f32(memory.bytes, count);
  guarded_free(&memory);
  return found;
}

static int32_t look_f16(const uint16_t *values, size_t count) {
  guarded memory = guarded_make(count * sizeof *values, false);
  memcpy(memory.bytes, values, count * sizeof *values);
  const int32_t found = aip_find_not_finite_f16(memory.bytes, count);
  guarded_free(&memory);
  return found;
}

static void test_singles(void) {
  enum { COUNT = 9001 };  // two blocks and a rest
  static float values[COUNT];
  for (int i = 0; i < COUNT; i++) values[i] = i % 2 ? 3.4028234e38f : -3.4028234e38f;
  CHECK(look_f32(values, COUNT) == AIP_FINITE, "the largest singles are finite");
  static const int places[] = {0, 1, 4095, 4096, 8191, 9000};
  for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
    const float before = values[places[k]];
    values[places[k]] = -INFINITY;
    CHECK(look_f32(values, COUNT) == AIP_INFINITE, "an infinity at %d is found", places[k]);
    values[places[k]] = NAN;
    CHECK(look_f32(values, COUNT) == AIP_NOT_A_NUMBER, "a NaN at %d is found", places[k]);
    values[places[k]] = before;
  }
  values[0] = INFINITY;
  values[9000] = -NAN;
  CHECK(look_f32(values, COUNT) == AIP_NOT_A_NUMBER, "a NaN counts before an infinity");
  CHECK(aip_find_not_finite_f32(values, 0) == AIP_FINITE, "no value is finite");
}

static void test_halves(void) {
  enum { COUNT = 4103 };
  static uint16_t values[COUNT];
  for (int i = 0; i < COUNT; i++) values[i] = i % 2 ? 0x7bff : 0xfbff;  // +-65504
  CHECK(look_f16(values, COUNT) == AIP_FINITE, "65504 is finite");
  static const int places[] = {0, 4095, 4096, 4102};
  for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
    values[places[k]] = 0xfc00;
    CHECK(look_f16(values, COUNT) == AIP_INFINITE, "an infinite half at %d is found", places[k]);
    values[places[k]] = 0x7e00;
    CHECK(look_f16(values, COUNT) == AIP_NOT_A_NUMBER, "a half NaN at %d is found", places[k]);
    values[places[k]] = 0;
  }
}

int main(void) {
  test_singles();
  test_halves();
  return check_summary("finite");
}
