#ifndef AIP_STUB_UNISTD_H
#define AIP_STUB_UNISTD_H

#include <sys/types.h>

#define F_OK 0
#define X_OK 1
#define W_OK 2
#define R_OK 4

#define STDIN_FILENO 0
#define STDOUT_FILENO 1
#define STDERR_FILENO 2

#define _SC_PAGESIZE 29
#define _SC_NPROCESSORS_ONLN 58

int access(const char *path, int mode);
int close(int fd);
int dup(int fd);
int fsync(int fd);
int getpagesize(void);
pid_t getpid(void);
int pipe(int fds[2]);
ssize_t read(int fd, void *bytes, size_t size);
ssize_t write(int fd, const void *bytes, size_t size);
long sysconf(int name);
int unlink(const char *path);
int usleep(uint32_t microseconds);

#endif
