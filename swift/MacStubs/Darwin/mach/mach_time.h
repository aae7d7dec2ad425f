#ifndef AIP_STUB_MACH_TIME_H
#define AIP_STUB_MACH_TIME_H

#include <stdint.h>

typedef int kern_return_t;

struct mach_timebase_info {
  uint32_t numer;
  uint32_t denom;
};
typedef struct mach_timebase_info *mach_timebase_info_t;
typedef struct mach_timebase_info mach_timebase_info_data_t;

kern_return_t mach_timebase_info(mach_timebase_info_t info);
kern_return_t mach_wait_until(uint64_t deadline);
uint64_t mach_absolute_time(void);
__attribute__((availability(macos, introduced = 10.12))) uint64_t mach_continuous_time(void);

#endif
