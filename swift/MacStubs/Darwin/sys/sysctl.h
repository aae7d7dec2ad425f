#ifndef AIP_STUB_SYS_SYSCTL_H
#define AIP_STUB_SYS_SYSCTL_H

#include <sys/types.h>

int sysctlbyname(const char *name, void *old, size_t *old_size, void *replacement, size_t size);

#endif
