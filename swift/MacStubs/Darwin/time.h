#ifndef AIP_STUB_TIME_H
#define AIP_STUB_TIME_H

#include <stdint.h>
#include <sys/types.h>

struct timespec {
  time_t tv_sec;
  long tv_nsec;
};

struct timeval {
  time_t tv_sec;
  int32_t tv_usec;
};

// Apple's constants have a leading underscore and a macro without; Swift sees the latter's names.
typedef enum {
  _CLOCK_REALTIME __attribute__((swift_name("CLOCK_REALTIME"))) = 0,
#define CLOCK_REALTIME _CLOCK_REALTIME
  _CLOCK_MONOTONIC __attribute__((swift_name("CLOCK_MONOTONIC"))) = 6,
#define CLOCK_MONOTONIC _CLOCK_MONOTONIC
  _CLOCK_MONOTONIC_RAW __attribute__((swift_name("CLOCK_MONOTONIC_RAW"))) = 4,
#define CLOCK_MONOTONIC_RAW _CLOCK_MONOTONIC_RAW
  _CLOCK_UPTIME_RAW __attribute__((swift_name("CLOCK_UPTIME_RAW"))) = 8,
#define CLOCK_UPTIME_RAW _CLOCK_UPTIME_RAW
} clockid_t;

__attribute__((availability(macos, introduced = 10.12))) int
clock_gettime(clockid_t clock, struct timespec *time);
int nanosleep(const struct timespec *duration, struct timespec *left);

#endif
