#define _DEFAULT_SOURCE
#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PRINTED_FAILURES_MAX = 20 };
static long passed, failed;

void check_at(bool holds, const char *file, int line, const char *format, ...) {
  if (holds) {
    passed++;
    return;
  }
  if (failed++ >= PRINTED_FAILURES_MAX) return;
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "%s:%d: ", file, line);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
}

int check_summary(const char *name) {
  printf("%s: %ld passed, %ld failed\n", name, passed, failed);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

guarded guarded_make(size_t size_bytes, bool at_front) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const size_t pages = (size_bytes + page - 1) / page;
  guarded memory = {.size_bytes = size_bytes, .mapping_bytes = (pages + 2) * page};
  memory.mapping = mmap(NULL, memory.mapping_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory.mapping == MAP_FAILED ||
      mprotect((uint8_t *)memory.mapping + page, pages * page, PROT_READ | PROT_WRITE) != 0) {
    perror("guarded_make");
    exit(EXIT_FAILURE);
  }
  memory.bytes = (uint8_t *)memory.mapping + (at_front ? page : (pages + 1) * page - size_bytes);
  return memory;
}

void guarded_free(guarded *memory) { munmap(memory->mapping, memory->mapping_bytes); }

static uint64_t random_state = 0x9e3779b97f4a7c15u;

uint32_t random_u32(void) {
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return (uint32_t)(random_state * 0x2545f4914f6cdd1du >> 32);
}

uint32_t random_between(uint32_t low, uint32_t high) {
  return low + random_u32() % (high - low + 1);
}

double random_unit(void) { return random_u32() / 4294967296.0; }
