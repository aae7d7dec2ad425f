#ifndef AIP_STUB_SYS_STAT_H
#define AIP_STUB_SYS_STAT_H

#include <sys/types.h>
#include <time.h>

// Swift sees these as the constants of Darwin.swiftinterface, of type mode_t.
#define S_IFMT 0170000
#define S_IFREG 0100000
#define S_IFDIR 0040000

struct stat {
  dev_t st_dev;
  mode_t st_mode;
  nlink_t st_nlink;
  ino_t st_ino;
  uid_t st_uid;
  gid_t st_gid;
  dev_t st_rdev;
  struct timespec st_atimespec;
  struct timespec st_mtimespec;
  struct timespec st_ctimespec;
  struct timespec st_birthtimespec;
  off_t st_size;
  blkcnt_t st_blocks;
  blksize_t st_blksize;
  uint32_t st_flags;
  uint32_t st_gen;
};

int stat(const char *path, struct stat *status);
int lstat(const char *path, struct stat *status);
int fstat(int fd, struct stat *status);

int mkdir(const char *path, mode_t mode);
int chmod(const char *path, mode_t mode);

#endif
