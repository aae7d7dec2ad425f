// The little that a plain C test program needs: counted checks and memory that ends at a guard
// page.
#ifndef AIP_CHECK_H
#define AIP_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Counts a check; prints the sentence and the place when it does not hold.
void check_at(bool holds, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#define CHECK(holds, ...) check_at((holds), __FILE__, __LINE__, __VA_ARGS__)

/// Prints "name: N passed, N failed" and returns the exit code.
int check_summary(const char *name);

/// `size_bytes` bytes that end exactly where an unmapped page begins or, `at_front`, begin exactly
/// where one ends: a read or write past that side stops the program.
typedef struct guarded {
  uint8_t *bytes;
  size_t size_bytes;
  void *mapping;
  size_t mapping_bytes;
} guarded;
guarded guarded_make(size_t size_bytes, bool at_front);
void guarded_free(guarded *memory);

/// Deterministic random numbers (xorshift64*).
uint32_t random_u32(void);
/// In low...high, both included.
uint32_t random_between(uint32_t low, uint32_t high);
double random_unit(void);

#endif
