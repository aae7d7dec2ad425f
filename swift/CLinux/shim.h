// What Swift's Glibc module leaves out, because it is made without _GNU_SOURCE.
#ifndef AIP_CLINUX_H
#define AIP_CLINUX_H

#ifdef __linux__
/// pipe(2) whose ends are closed on exec from the start: no child made meanwhile keeps one open.
int pipe2(int fds[2], int flags);

/// fcntl(2) command that sets a pipe's capacity in bytes (linux/fcntl.h).
enum { AIP_F_SETPIPE_SZ = 1031 };
#endif

#endif
