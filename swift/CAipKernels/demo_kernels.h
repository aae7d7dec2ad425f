/// What touches pixels, compiled for each kind of processor: DEMO_LANES pixels side by side, as
/// DEMO_KERNELS.
#include "demo_raster.h"

static uint32_t count_owned(const aip_demo *d, const demo_object *o) {
  typedef uint8_t owners __attribute__((vector_size(DEMO_OWNERS_STEP)));
  enum { ROWS_MAX = 255 };  // what a byte can count
  uint32_t count = 0;
  for (int x = o->pixels.x1 & -DEMO_OWNERS_STEP; x < o->pixels.x2; x += DEMO_OWNERS_STEP) {
    for (int y = o->pixels.y1; y < o->pixels.y2;) {
      const int end = o->pixels.y2 - y > ROWS_MAX ? y + ROWS_MAX : o->pixels.y2;
      owners sum = {0};
      for (; y < end; y++) {
        owners at;
        memcpy(&at, d->owners + (size_t)y * d->owners_stride + x, sizeof at);
        sum -= (owners)(at == o->owner + (owners){0});
      }
      for (int i = 0; i < DEMO_OWNERS_STEP; i++) count += sum[i];
    }
  }
  return count;
}

static void mix(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t count, uint16_t of_b) {
  const uint16_t of_a = 128 - of_b;
  size_t i = 0;
  // Nothing exceeds 16 bits.
  for (; i + BLOCK <= count; i += BLOCK) {
    block_bytes from_a, from_b;
    memcpy(&from_a, a + i, sizeof from_a);
    memcpy(&from_b, b + i, sizeof from_b);
    const block_words mixed = __builtin_convertvector(from_a, block_words) * block_all(of_a) +
                              __builtin_convertvector(from_b, block_words) * block_all(of_b) +
                              block_all(64);
    const block_bytes done = __builtin_convertvector(mixed >> block_all(7), block_bytes);
    memcpy(out + i, &done, sizeof done);
  }
  for (; i < count; i++) out[i] = (uint8_t)((a[i] * of_a + b[i] * of_b + 64) >> 7);
}

// HOT: touches every luma byte of every frame. All values drawn leave room for the noise, so
// bytes wrap nowhere and no saturation is needed.
static void add(uint8_t *bytes, const uint8_t *noise, size_t count) {
  // A known number of bytes per step lets every compiler vectorise the loop.
  enum { STEP = 64 };
  size_t x = 0;
  for (; x + STEP <= count; x += STEP)
    for (size_t i = 0; i < STEP; i++) bytes[x + i] = (uint8_t)(bytes[x + i] + noise[x + i]);
  for (; x < count; x++) bytes[x] = (uint8_t)(bytes[x] + noise[x]);
}

const demo_kernels DEMO_KERNELS = {
    .fill = fill,
    .count_owned = count_owned,
    .mix = mix,
    .add = add,
};
